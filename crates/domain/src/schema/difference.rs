//! What changes from one schema to the next.

use super::{kind_words, tensor_of, type_words};
use portico_api::difference::{SchemaChange, SchemaDifference, SchemaPart};
use portico_api::schema::{InputColumn, OutputColumn, Parameter, Schema};
use std::collections::{BTreeMap, BTreeSet};

/// The changes from `before`, the schema of version `from`, to `after`: breaking ones first, then in the
/// order of columns.
pub fn difference(from: u32, before: &Schema, after: &Schema) -> SchemaDifference {
    let mut changes = Changes(Vec::new());
    changes.inputs(&before.inputs, &after.inputs);
    changes.outputs(&before.outputs, &after.outputs);
    changes.parameters(&before.parameters, &after.parameters);
    let mut changes = changes.0;
    changes.sort_by_key(|change| !change.breaking);
    SchemaDifference { from, changes }
}

struct Changes(Vec<SchemaChange>);

/// How the columns of one part are told apart, and what is said of them.
struct Words<T> {
    part: SchemaPart,
    name: fn(&T) -> &str,
    removed: &'static str,
    changed: fn(&mut Of<'_>, &T, &T),
    /// Whether a new one breaks callers, and the words.
    added: fn(&T) -> (bool, String),
}

/// The changes of one column or parameter.
struct Of<'a> {
    changes: &'a mut Vec<SchemaChange>,
    part: SchemaPart,
    name: &'a str,
}

impl Of<'_> {
    fn tell(&mut self, code: &str, breaking: bool, words: &str) {
        self.changes.push(SchemaChange {
            part: self.part,
            name: self.name.to_owned(),
            code: code.to_owned(),
            detail: format!("“{}” {words}", self.name),
            breaking,
        });
    }

    /// Tells a change of what it is, old and new in words.
    fn retyped(&mut self, code: &str, before: &str, now: &str) {
        if before != now {
            self.tell(code, true, &format!("is {now} now, it was {before}."));
        }
    }
}

impl Changes {
    fn of<'a>(&'a mut self, part: SchemaPart, name: &'a str) -> Of<'a> {
        Of {
            changes: &mut self.0,
            part,
            name,
        }
    }

    /// Finds what is before and after by name, and tells what was removed, what changed and what was added, and
    /// whether that breaks callers.
    fn each<T>(&mut self, words: &Words<T>, before: &[T], after: &[T]) {
        let (part, name) = (words.part, words.name);
        let (old, new) = (by_name(before, name), by_name(after, name));
        for column in before {
            let mut of = self.of(part, name(column));
            match new.get(name(column)) {
                Some(now) => (words.changed)(&mut of, column, now),
                None => of.tell("removed", true, words.removed),
            }
        }
        for column in after {
            if !old.contains_key(name(column)) {
                let (breaking, words) = (words.added)(column);
                self.of(part, name(column)).tell("added", breaking, &words);
            }
        }
    }

    fn inputs(&mut self, before: &[InputColumn], after: &[InputColumn]) {
        let words = Words {
            part: SchemaPart::Input,
            name: |column: &InputColumn| &column.name,
            removed: "is no input any more.",
            changed: input,
            added: |column| {
                let kind = type_words(column.column_type);
                let may = if column.nullable {
                    "its cells may be empty, but the column has to be sent"
                } else {
                    "callers have to send it"
                };
                (true, format!("is a new input, {kind}; {may}."))
            },
        };
        self.each(&words, before, after);
        self.order(&words, before, after);
        self.matrices(before, after);
    }

    /// Tensors of several columns, which the inference protocol takes whole: another order of their columns
    /// gives every value another meaning.
    fn matrices(&mut self, before: &[InputColumn], after: &[InputColumn]) {
        let (old, new) = (by_tensor(before), by_tensor(after));
        let mut seen = BTreeSet::new();
        for tensor in before.iter().map(tensor_of) {
            if !seen.insert(tensor) {
                continue;
            }
            let (Some(old), Some(new)) = (old.get(tensor), new.get(tensor)) else {
                continue;
            };
            let mut sorted = (old.clone(), new.clone());
            sorted.0.sort_unstable();
            sorted.1.sort_unstable();
            if old.len() > 1 && old != new && sorted.0 == sorted.1 {
                let words = format!(
                    "takes its columns in another order when it is sent whole: {}.",
                    new.join(", ")
                );
                self.of(SchemaPart::Input, tensor)
                    .tell("order", true, &words);
            }
        }
    }

    fn outputs(&mut self, before: &[OutputColumn], after: &[OutputColumn]) {
        let words = Words {
            part: SchemaPart::Output,
            name: |column: &OutputColumn| &column.column,
            removed: "is no output any more.",
            changed: output,
            added: |column| {
                let kind = kind_words(column.kind);
                (false, format!("is a new output, {kind}."))
            },
        };
        self.each(&words, before, after);
        self.order(&words, before, after);
    }

    fn parameters(&mut self, before: &[Parameter], after: &[Parameter]) {
        let words = Words {
            part: SchemaPart::Parameter,
            name: |parameter: &Parameter| &parameter.name,
            removed: "is no parameter any more, and refused.",
            changed: parameter,
            added: |parameter| match &parameter.default {
                Some(default) => {
                    let words = format!("is a new parameter, “{default}” if it is not given.");
                    (false, words)
                }
                None => (true, "is a new parameter that has to be given.".to_owned()),
            },
        };
        self.each(&words, before, after);
    }

    fn order<T>(&mut self, words: &Words<T>, before: &[T], after: &[T]) {
        let (part, name) = (words.part, words.name);
        let (old, new) = (by_name(before, name), by_name(after, name));
        let stayed_before = before
            .iter()
            .map(name)
            .filter(|name| new.contains_key(name));
        let stayed_after = after.iter().map(name).filter(|name| old.contains_key(name));
        if let Some((_, now)) = stayed_before
            .zip(stayed_after)
            .find(|(old, new)| old != new)
        {
            let words = "and columns after it stand in another order.";
            self.of(part, now).tell("order", false, words);
        }
    }
}

/// By name; of two of one name the first, which is the one that is found.
fn by_name<T>(columns: &[T], name: fn(&T) -> &str) -> BTreeMap<&str, &T> {
    columns
        .iter()
        .rev()
        .map(|column| (name(column), column))
        .collect()
}

/// The names of the columns that make up each tensor.
fn by_tensor(columns: &[InputColumn]) -> BTreeMap<&str, Vec<&str>> {
    let mut tensors: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for column in columns {
        let members = tensors.entry(tensor_of(column)).or_default();
        members.push(&column.name);
    }
    tensors
}

fn input(of: &mut Of<'_>, before: &InputColumn, now: &InputColumn) {
    let types = (type_words(before.column_type), type_words(now.column_type));
    of.retyped("type", types.0, types.1);
    match (before.nullable, now.nullable) {
        (true, false) => of.tell("nullable", true, "may not be empty any more."),
        (false, true) => of.tell("nullable", false, "may be empty now."),
        _ => {}
    }
    if (before.min, before.max) != (now.min, now.max) {
        let words = format!(
            "was trained on {}, before on {}.",
            range(now.min, now.max),
            range(before.min, before.max)
        );
        of.tell("range", false, &words);
    }
    if before.categories != now.categories {
        of.tell("categories", false, &categories(before, now));
    }
    if before.description != now.description {
        of.tell("description", false, "is described anew.");
    }
    let (old, new) = (tensor_of(before), tensor_of(now));
    if old != new {
        let words = format!("is part of the tensor “{new}” now, it was of “{old}”.");
        of.tell("tensor", true, &words);
    }
}

fn range(min: Option<f64>, max: Option<f64>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("{min} and more"),
        (None, Some(max)) => format!("{max} and less"),
        (None, None) => "any number".to_owned(),
    }
}

/// How many categories a change names.
const CATEGORIES_NAMED: usize = 5;

fn categories(before: &InputColumn, now: &InputColumn) -> String {
    let named = |these: &[String], those: &[String]| -> Option<String> {
        let those: BTreeSet<&String> = those.iter().collect();
        let only: Vec<&str> = these
            .iter()
            .filter(|name| !those.contains(name))
            .map(String::as_str)
            .collect();
        let (first, more) = only.split_at(only.len().min(CATEGORIES_NAMED));
        let words = first.join("”, “");
        match (first.is_empty(), more.len()) {
            (true, _) => None,
            (_, 0) => Some(format!("“{words}”")),
            (_, more) => Some(format!("“{words}” and {more} more")),
        }
    };
    let new = named(&now.categories, &before.categories);
    let gone = named(&before.categories, &now.categories);
    match (new, gone) {
        (Some(new), Some(gone)) => format!("was trained with {new}, no longer with {gone}."),
        (Some(new), None) => format!("was trained with {new} too."),
        (None, Some(gone)) => format!("was trained without {gone}."),
        (None, None) => "lists its categories in another order.".to_owned(),
    }
}

fn output(of: &mut Of<'_>, before: &OutputColumn, now: &OutputColumn) {
    of.retyped("kind", kind_words(before.kind), kind_words(now.kind));
    if before.kind == now.kind && before.class != now.class {
        let class = |class: &Option<String>| class.clone().unwrap_or_else(|| "none".to_owned());
        let words = format!(
            "tells of class {} now, it was {}.",
            class(&now.class),
            class(&before.class)
        );
        of.tell("kind", true, &words);
    }
}

fn parameter(of: &mut Of<'_>, before: &Parameter, now: &Parameter) {
    let types = (type_words(before.column_type), type_words(now.column_type));
    of.retyped("type", types.0, types.1);
    match (&before.default, &now.default) {
        (Some(old), None) => {
            let words = format!("has to be given now; it was “{old}” if it was not.");
            of.tell("default", true, &words);
        }
        (None, Some(new)) => {
            let words = format!("need not be given any more; it is “{new}” then.");
            of.tell("default", false, &words);
        }
        (Some(old), Some(new)) if old != new => {
            let words = format!("is “{new}” if it is not given, it was “{old}”.");
            of.tell("default", false, &words);
        }
        _ => {}
    }
    if before.description != now.description {
        of.tell("description", false, "is described anew.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn schema(value: Value) -> Schema {
        serde_json::from_value(value).unwrap()
    }

    fn base() -> Value {
        json!({
            "inputs": [
                {"name": "age", "type": "double", "nullable": true, "min": 0, "max": 90},
                {"name": "town", "type": "string", "categories": ["Ulm", "Jena"]}
            ],
            "outputs": [
                {"tensor": "label", "column": "Scored Labels", "kind": "label"},
                {"tensor": "p", "column": "P", "kind": "probability", "class": "yes"}
            ],
            "parameters": [
                {"name": "scale", "type": "double", "default": "1"},
                {"name": "unit", "type": "string"}
            ]
        })
    }

    /// `part name code`, with `!` where it breaks callers.
    fn changes(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut after = base();
        change(&mut after);
        let found = difference(3, &schema(base()), &schema(after));
        assert_eq!(found.from, 3);
        let one = |change: SchemaChange| {
            let part = serde_json::to_value(change.part).unwrap();
            let mark = if change.breaking { "!" } else { "" };
            assert!(change.detail.starts_with(&format!("“{}” ", change.name)));
            format!(
                "{} {} {}{mark}",
                part.as_str().unwrap(),
                change.name,
                change.code
            )
        };
        found.changes.into_iter().map(one).collect()
    }

    #[test]
    fn the_same_schema_changes_nothing() {
        assert!(changes(|_| ()).is_empty());
    }

    #[test]
    fn every_input_has_to_be_sent_and_no_other() {
        let check = |change: fn(&mut Value), expected: &[&str]| {
            assert_eq!(changes(change), expected);
        };
        let add = |schema: &mut Value, column: Value| {
            schema["inputs"].as_array_mut().unwrap().push(column);
        };
        assert_eq!(
            changes(|s| add(
                s,
                json!({"name": "sex", "type": "string", "nullable": true})
            )),
            ["input sex added!"]
        );
        check(
            |s| drop(s["inputs"].as_array_mut().unwrap().remove(0)),
            &["input age removed!"],
        );
        check(
            |s| s["inputs"][0]["name"] = json!("years"),
            &["input age removed!", "input years added!"],
        );
        check(
            |s| s["inputs"][0]["type"] = json!("string"),
            &["input age type!"],
        );
        check(
            |s| s["inputs"][0]["nullable"] = json!(false),
            &["input age nullable!"],
        );
        check(
            |s| s["inputs"][1]["nullable"] = json!(true),
            &["input town nullable"],
        );
        check(
            |s| s["inputs"][0]["tensor"] = json!("x"),
            &["input age tensor!"],
        );
    }

    #[test]
    fn what_only_describes_an_input_breaks_nobody() {
        let all = changes(|s| {
            s["inputs"][0]["max"] = json!(100);
            s["inputs"][0]["description"] = json!("In years.");
            s["inputs"][1]["categories"] = json!(["Ulm", "Bonn"]);
            s["inputs"].as_array_mut().unwrap().swap(0, 1);
        });
        assert_eq!(
            all,
            [
                "input age range",
                "input age description",
                "input town categories",
                "input town order",
            ]
        );
    }

    #[test]
    fn the_columns_of_a_matrix_keep_their_order() {
        let matrix = |names: [&str; 3]| {
            let columns = names.map(|n| json!({"name": n, "type": "double", "tensor": "X"}));
            schema(json!({"inputs": columns, "outputs": []}))
        };
        let found = difference(1, &matrix(["a", "b", "c"]), &matrix(["a", "c", "b"]));
        let codes: Vec<_> = found
            .changes
            .iter()
            .map(|change| (change.name.as_str(), change.code.as_str(), change.breaking))
            .collect();
        assert_eq!(codes, [("X", "order", true), ("c", "order", false)]);
        assert_eq!(found.breaking(), 1);
    }

    #[test]
    fn outputs_are_found_by_name_and_read_by_kind() {
        let all = changes(|s| {
            s["outputs"][0]["kind"] = json!("value");
            s["outputs"][1]["class"] = json!("no");
            let new = json!({"tensor": "q", "column": "Q", "kind": "value"});
            s["outputs"].as_array_mut().unwrap().push(new);
        });
        assert_eq!(
            all,
            [
                "output Scored Labels kind!",
                "output P kind!",
                "output Q added"
            ]
        );
        let all = changes(|s| drop(s["outputs"].as_array_mut().unwrap().remove(1)));
        assert_eq!(all, ["output P removed!"]);
    }

    #[test]
    fn parameters_break_where_they_have_to_be_given_or_are_refused() {
        let all = changes(|s| {
            s["parameters"] = json!([
                {"name": "scale", "type": "double"},
                {"name": "unit", "type": "string", "default": "kg"},
                {"name": "tax", "type": "double"},
                {"name": "vat", "type": "double", "default": "0"}
            ]);
        });
        assert_eq!(
            all,
            [
                "parameter scale default!",
                "parameter tax added!",
                "parameter unit default",
                "parameter vat added",
            ]
        );
        let all = changes(|s| {
            s["parameters"] = json!([{"name": "scale", "type": "integer", "default": "2"}]);
        });
        assert_eq!(
            all,
            [
                "parameter scale type!",
                "parameter unit removed!",
                "parameter scale default",
            ]
        );
    }

    #[test]
    fn ten_thousand_columns_are_compared_at_once() {
        let column = |name: String| json!({"name": name, "type": "double", "tensor": "X"});
        let of = |first: usize| {
            let columns: Vec<_> = (first..first + 10_000)
                .map(|number| column(number.to_string()))
                .collect();
            schema(json!({"inputs": columns, "outputs": []}))
        };
        let (before, after) = (of(0), of(1));
        let began = std::time::Instant::now();
        let found = difference(1, &before, &after);
        assert!(began.elapsed() < std::time::Duration::from_secs(5));
        let codes: Vec<_> = found.changes.iter().map(|change| &*change.code).collect();
        assert_eq!(codes, ["removed", "added"]);
    }

    #[test]
    fn changes_are_told_in_words_old_and_new() {
        let mut after = base();
        after["inputs"][0]["type"] = json!("string");
        after["inputs"][1]["categories"] = json!(["Ulm", "a", "b", "c", "d", "e", "f"]);
        let found = difference(1, &schema(base()), &schema(after));
        let words: Vec<_> = found
            .changes
            .iter()
            .map(|change| change.detail.as_str())
            .collect();
        assert_eq!(
            words,
            [
                "“age” is text now, it was a number.",
                "“town” was trained with “a”, “b”, “c”, “d”, “e” and 1 more, no longer with “Jena”.",
            ]
        );
    }
}
