//! What changes from one schema to the next.

use super::{kind_words, tensor_of, type_words};
use portico_api::difference::{SchemaChange, SchemaDifference, SchemaPart};
use portico_api::schema::{InputColumn, OutputColumn, Parameter, Schema};

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
}

impl Changes {
    fn of<'a>(&'a mut self, part: SchemaPart, name: &'a str) -> Of<'a> {
        Of {
            changes: &mut self.0,
            part,
            name,
        }
    }

    fn inputs(&mut self, before: &[InputColumn], after: &[InputColumn]) {
        for column in before {
            let mut of = self.of(SchemaPart::Input, &column.name);
            match after.iter().find(|other| other.name == column.name) {
                Some(now) => input(&mut of, column, now),
                None => of.tell("removed", true, "is no input any more."),
            }
        }
        for column in after {
            if !before.iter().any(|other| other.name == column.name) {
                let kind = type_words(column.column_type);
                let may = if column.nullable {
                    "its cells may be empty, but the column has to be sent"
                } else {
                    "callers have to send it"
                };
                let words = format!("is a new input, {kind}; {may}.");
                self.of(SchemaPart::Input, &column.name)
                    .tell("added", true, &words);
            }
        }
        self.order(
            SchemaPart::Input,
            &names(before, |column| &column.name),
            &names(after, |column| &column.name),
        );
        self.matrices(before, after);
    }

    /// Tensors of several columns, which the inference protocol takes whole: another order of their columns
    /// gives every value another meaning.
    fn matrices(&mut self, before: &[InputColumn], after: &[InputColumn]) {
        let mut seen: Vec<&str> = Vec::new();
        for tensor in before.iter().map(tensor_of) {
            if seen.contains(&tensor) {
                continue;
            }
            seen.push(tensor);
            let members = |columns: &'_ [InputColumn]| -> Vec<String> {
                let of = columns.iter().filter(|column| tensor_of(column) == tensor);
                of.map(|column| column.name.clone()).collect()
            };
            let (old, new) = (members(before), members(after));
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
        for column in before {
            let mut of = self.of(SchemaPart::Output, &column.column);
            match after.iter().find(|other| other.column == column.column) {
                Some(now) => output(&mut of, column, now),
                None => of.tell("removed", true, "is no output any more."),
            }
        }
        for column in after {
            if !before.iter().any(|other| other.column == column.column) {
                let words = format!("is a new output, {}.", kind_words(column.kind));
                self.of(SchemaPart::Output, &column.column)
                    .tell("added", false, &words);
            }
        }
        self.order(
            SchemaPart::Output,
            &names(before, |column| &column.column),
            &names(after, |column| &column.column),
        );
    }

    fn parameters(&mut self, before: &[Parameter], after: &[Parameter]) {
        for parameter in before {
            let mut of = self.of(SchemaPart::Parameter, &parameter.name);
            match after.iter().find(|other| other.name == parameter.name) {
                Some(now) => self::parameter(&mut of, parameter, now),
                None => of.tell("removed", true, "is no parameter any more, and refused."),
            }
        }
        for parameter in after {
            if before.iter().any(|other| other.name == parameter.name) {
                continue;
            }
            let mut of = self.of(SchemaPart::Parameter, &parameter.name);
            match &parameter.default {
                Some(default) => {
                    let words = format!("is a new parameter, “{default}” if it is not given.");
                    of.tell("added", false, &words);
                }
                None => of.tell("added", true, "is a new parameter that has to be given."),
            }
        }
    }

    fn order(&mut self, part: SchemaPart, before: &[&str], after: &[&str]) {
        let stayed = |names: &[&str], others: &[&str]| -> Vec<String> {
            let both = names.iter().filter(|name| others.contains(name));
            both.map(|name| (*name).to_owned()).collect()
        };
        let (old, new) = (stayed(before, after), stayed(after, before));
        if let Some((_, now)) = old.iter().zip(&new).find(|(old, new)| old != new) {
            let words = "and columns after it stand in another order.";
            self.of(part, now).tell("order", false, words);
        }
    }
}

fn names<'a, T>(columns: &'a [T], name: impl Fn(&'a T) -> &'a String) -> Vec<&'a str> {
    columns.iter().map(|column| name(column).as_str()).collect()
}

fn input(of: &mut Of<'_>, before: &InputColumn, now: &InputColumn) {
    if before.column_type != now.column_type {
        of.tell(
            "type",
            true,
            &format!(
                "is {} now, it was {}.",
                type_words(now.column_type),
                type_words(before.column_type)
            ),
        );
    }
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
    if before.kind != now.kind {
        of.tell(
            "kind",
            true,
            &format!(
                "is {} now, it was {}.",
                kind_words(now.kind),
                kind_words(before.kind)
            ),
        );
    } else if before.class != now.class {
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
    if before.column_type != now.column_type {
        of.tell(
            "type",
            true,
            &format!(
                "is {} now, it was {}.",
                type_words(now.column_type),
                type_words(before.column_type)
            ),
        );
    }
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
