//! Sample code in the languages that classic's help pages had. Each runs as it is once the key is in the
//! environment variable `PORTICO_KEY`, and waits as `Retry-After` says when the throttle refuses a call.

use super::json::Json;
use super::{Described, example};

/// Text as a literal of C#, Python and R alike: all three read JSON's escapes.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Puts texts in the places of a template that `%` encloses. What is put in is not looked at again.
fn filled(template: &str, fill: impl Fn(&str) -> String) -> String {
    let parts = template.split('%').enumerate();
    parts
        .map(|(index, part)| {
            if index % 2 == 0 {
                part.to_owned()
            } else {
                fill(part)
            }
        })
        .collect()
}

fn names(described: &Described) -> String {
    let names = described.schema.inputs.iter();
    let names: Vec<_> = names.map(|column| quoted(&column.name)).collect();
    names.join(", ")
}

/// Rows, each between these brackets.
fn rows(described: &Described, open: &str, close: &str, indent: &str) -> String {
    let row = |row: &Vec<String>| {
        let cells: Vec<_> = row.iter().map(|cell| quoted(cell)).collect();
        format!("{indent}{open}{}{close}", cells.join(", "))
    };
    let rows: Vec<_> = example::rows(described).iter().map(row).collect();
    rows.join(",\n")
}

/// Global parameters, each written by `pair`.
fn parameters(described: &Described, pair: impl Fn(&str, &str) -> String) -> String {
    let Json::Object(fields) = example::parameters(described) else {
        return String::new();
    };
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| pair(&quoted(name), &value.line()))
        .collect();
    pairs.join(", ")
}

fn url(described: &Described) -> String {
    quoted(&format!(
        "{}/execute?api-version=2.0&details=true",
        described.api_location()
    ))
}

/// C# with the base class library alone (.NET 6 or newer).
pub(super) fn csharp(described: &Described) -> String {
    let listed = parameters(described, |name, value| format!("[{name}] = {value}"));
    filled(CSHARP, |place| match place {
        "URL" => url(described),
        "NAMES" => names(described),
        "ROWS" => rows(described, "new[] { ", " }", "                "),
        _ if listed.is_empty() => String::new(),
        _ => format!(" {listed} "),
    })
}

/// Python with its standard library alone.
pub(super) fn python(described: &Described) -> String {
    filled(PYTHON, |place| match place {
        "URL" => url(described),
        "NAMES" => names(described),
        "ROWS" => rows(described, "[", "]", "                "),
        _ => parameters(described, |name, value| format!("{name}: {value}")),
    })
}

/// R with httr and jsonlite.
pub(super) fn r(described: &Described) -> String {
    let listed = parameters(described, |name, value| format!("{name} = {value}"));
    filled(R, |place| match place {
        "URL" => url(described),
        "NAMES" => names(described),
        "ROWS" => rows(described, "list(", ")", "      "),
        // A list without names would become an array.
        _ if listed.is_empty() => "setNames(list(), character(0))".to_owned(),
        _ => format!("list({listed})"),
    })
}

const CSHARP: &str = r#"using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Threading.Tasks;

var request = new
{
    Inputs = new Dictionary<string, object>
    {
        ["input1"] = new
        {
            ColumnNames = new[] { %NAMES% },
            Values = new[]
            {
%ROWS%
            }
        }
    },
    GlobalParameters = new Dictionary<string, string> {%PARAMETERS%}
};

using var client = new HttpClient();
client.DefaultRequestHeaders.Authorization =
    new AuthenticationHeaderValue("Bearer", Environment.GetEnvironmentVariable("PORTICO_KEY"));

var options = new System.Text.Json.JsonSerializerOptions(); // names as they are written above
HttpResponseMessage response;
for (var attempt = 1; ; attempt++)
{
    response = await client.PostAsJsonAsync(%URL%, request, options);
    var wait = response.Headers.RetryAfter?.Delta;
    if (wait is null || attempt == 5) break;
    await Task.Delay(wait.Value);
}

var text = await response.Content.ReadAsStringAsync();
if (response.IsSuccessStatusCode)
{
    Console.WriteLine("Result: {0}", text);
}
else
{
    // The headers hold the request ID and the time, which help to find out why.
    Console.WriteLine("The request failed with status code: {0}", (int)response.StatusCode);
    Console.WriteLine(response.Headers);
    Console.WriteLine(text);
}
"#;

const PYTHON: &str = r#"import json
import os
import time
import urllib.error
import urllib.request

data = {
    "Inputs": {
        "input1": {
            "ColumnNames": [%NAMES%],
            "Values": [
%ROWS%
            ],
        }
    },
    "GlobalParameters": {%PARAMETERS%},
}
url = %URL%
headers = {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["PORTICO_KEY"]}

for attempt in range(1, 6):
    try:
        request = urllib.request.Request(url, json.dumps(data).encode("utf-8"), headers)
        with urllib.request.urlopen(request) as response:
            print(json.loads(response.read()))
        break
    except urllib.error.HTTPError as error:
        wait = error.headers.get("Retry-After")
        if wait and attempt < 5:
            time.sleep(int(wait))
            continue
        # The headers hold the request ID and the time, which help to find out why.
        print("The request failed with status code:", error.code)
        print(error.info())
        print(json.loads(error.read()))
        break
"#;

const R: &str = r#"library(httr)
library(jsonlite)

request <- list(
  Inputs = list(input1 = list(
    ColumnNames = list(%NAMES%),
    Values = list(
%ROWS%
    )
  )),
  GlobalParameters = %PARAMETERS%
)
response <- RETRY(
  "POST", %URL%,
  add_headers(Authorization = paste("Bearer", Sys.getenv("PORTICO_KEY"))),
  content_type_json(),
  body = toJSON(request, auto_unbox = TRUE),
  terminate_on = 400:499
)
if (http_error(response)) {
  # The headers hold the request ID and the time, which help to find out why.
  print(paste("The request failed with status code:", status_code(response)))
  print(headers(response))
}
print(fromJSON(content(response, as = "text", encoding = "UTF-8")))
"#;
