// @TITLE@
// .NET 8: dotnet new console, put this into Program.cs, dotnet run. Wants the key in PORTICO_KEY.

using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;

const string Url = "@URL@";
string? key = "@KEY@";

var parameters = "@PARAMETERS@";
var row = new Dictionary<string, object?>
{
    "@ROW@",
};

// One client for the whole program: it keeps its connections.
using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(120) };
client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
try
{
    foreach (JsonElement scored in (await Score(new[] { row })).EnumerateArray())
    {
        Console.WriteLine(scored);
    }
    return 0;
}
catch (HttpRequestException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}

// Scores rows (dictionaries by column); the answer is a JSON array with one object for each, in the same order.
async Task<JsonElement> Score(IReadOnlyList<Dictionary<string, object?>> rows, int tries = 6)
{
    string body = JsonSerializer.Serialize(new
    {
        Inputs = new { input1 = rows },
        GlobalParameters = parameters,
    });
    var random = new Random();
    for (int attempt = 1; ; attempt++)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await client.PostAsync(Url, content);
        string text = await answer.Content.ReadAsStringAsync();
        if (answer.IsSuccessStatusCode)
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.GetProperty("Results").GetProperty("output1").Clone();
        }
        int status = (int)answer.StatusCode;
        if ((status != 429 && status != 503) || attempt == tries)
        {
            throw new HttpRequestException(Explained(status, text));
        }
        // The limit was reached: wait as long as the answer says, and longer from try to try.
        double wait = (0.5 + random.NextDouble() / 2) * Math.Pow(2, attempt - 2);
        double said = answer.Headers.RetryAfter?.Delta?.TotalSeconds ?? 0;
        await Task.Delay(TimeSpan.FromSeconds(Math.Max(wait, said)));
    }
}

// An error's code, message and details, one a line.
static string Explained(int status, string body)
{
    try
    {
        using JsonDocument document = JsonDocument.Parse(body);
        JsonElement error = document.RootElement.GetProperty("error");
        var lines = new List<string>
        {
            $"{status} {error.GetProperty("code")}: {error.GetProperty("message")}",
        };
        foreach (JsonElement detail in error.GetProperty("details").EnumerateArray())
        {
            string where = detail.TryGetProperty("target", out JsonElement target) ? $" ({target})" : "";
            lines.Add($"  {detail.GetProperty("code")}{where}: {detail.GetProperty("message")}");
        }
        return string.Join(Environment.NewLine, lines);
    }
    catch (Exception error) when (error is JsonException || error is InvalidOperationException || error is KeyNotFoundException)
    {
        return $"{status}: {body}";
    }
}
