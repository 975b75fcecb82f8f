//! What a draft is shown as, and what its edits become.

use super::*;

#[cfg(test)]
fn draft() -> Draft {
    let value = serde_json::json!({
        "id": "0".repeat(32), "state": "ready", "step": "", "refused": null, "file": "iris.onnx",
        "service_id": null, "name": "Iris", "description": "", "notes": "",
        "stages": [
            {"file": "prepare.onnx", "resource": null, "sha256": "a", "bytes": 1, "inputs": [], "outputs": []},
            {"file": "model/forest.onnx", "resource": "forest", "sha256": "b", "bytes": 2, "inputs": [], "outputs": []},
        ],
        "schema": {
            "inputs": [
                {"name": "x0", "type": "double", "min": 0.1, "max": 7.0, "tensor": "X"},
                {"name": "x1", "type": "double", "tensor": "X", "categories": ["a", "b, c"]},
            ],
            "outputs": [{"tensor": "label", "column": "Scored Labels", "kind": "label"}],
            "parameters": [{"name": "cut", "type": "double", "default": "0.5"}],
        },
        "samples": [["1", "2"]], "samples_made_up": true, "parity": null, "difference": null,
        "version": null, "uploaded_by": "pat", "created_at": "2026-11-23T08:05:09.120Z",
    });
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_form_that_was_not_touched_sends_nothing() {
    let form = Form::of(&draft());
    assert_eq!(form.problems(), Problems::new());
    assert_eq!(form.update(&form.clone()), None);
}

#[test]
fn what_was_read_is_what_is_sent() {
    let saved = Form::of(&draft());
    let mut form = saved.clone();
    form.parameters[0].description = "Where to cut".to_owned();
    let schema = form.update(&saved).unwrap().schema.unwrap();
    assert_eq!(schema.inputs, draft().schema.inputs);
    assert_eq!(schema.outputs, draft().schema.outputs);
    assert_eq!(schema.parameters[0].default.as_deref(), Some("0.5"));
}

#[test]
fn only_what_changed_is_sent() {
    let saved = Form::of(&draft());
    let mut form = saved.clone();
    form.notes = "Better".to_owned();
    let update = form.update(&saved).unwrap();
    assert_eq!(update.notes.as_deref(), Some("Better"));
    assert_eq!(update.name, None);
    assert_eq!(update.schema, None);
    assert_eq!(update.samples, None);
    assert_eq!(update.resources, None);

    form.stages[0].replaceable = true;
    let resources = form.update(&saved).unwrap().resources.unwrap();
    assert_eq!(resources[0].resource.as_deref(), Some("prepare"));
    assert_eq!(resources[1].resource.as_deref(), Some("forest"));
}

#[test]
fn what_is_wrong_is_found_at_its_field() {
    let mut form = Form::of(&draft());
    form.name = " ".to_owned();
    form.stages[0].replaceable = true;
    form.stages[0].resource = "forest".to_owned();
    form.inputs[0].min = "9".to_owned();
    form.inputs[1].name = "x0".to_owned();
    form.inputs[1].max = "many".to_owned();
    form.inputs[1].categories = "\"a".to_owned();
    form.outputs[0].column = String::new();
    let problems = form.problems();
    let found: Vec<&str> = problems.keys().map(String::as_str).collect();
    assert_eq!(
        found,
        [
            "/name",
            "/resources/1/resource",
            "/schema/inputs/0/max",
            "/schema/inputs/1/categories",
            "/schema/inputs/1/max",
            "/schema/inputs/1/name",
            "/schema/outputs/0/column",
        ]
    );
}

#[test]
fn as_many_names_as_columns_are_wanted() {
    let mut form = Form::of(&draft());
    assert_eq!(form.matrix(), Some(2));
    let before = form.clone();
    let problem = form.name_columns("a, b, c").unwrap_err();
    assert_eq!(problem, "The model takes 2 columns, and 3 names are given.");
    assert_eq!(form, before);
    form.name_columns("a, b").unwrap();
    assert_eq!(form.inputs[1].name, "b");
    form.inputs[0].tensor = None;
    assert_eq!(form.matrix(), None);
}

#[test]
fn scores_are_of_the_rows_and_columns_that_were_scored() {
    let scored = Form::of(&draft());
    let mut form = scored.clone();
    form.notes = "Better".to_owned();
    form.inputs[0].description = "What it means".to_owned();
    form.inputs[0].max = "9".to_owned();
    assert!(scored.scores_like(&form));
    let changes: [fn(&mut Form); 6] = [
        |form| form.samples[0][1] = "3".to_owned(),
        |form| form.add_row(),
        |form| form.inputs[1].nullable = true,
        |form| form.parameters[0].default = "0.6".to_owned(),
        |form| {
            form.sample_parameters
                .insert("cut".to_owned(), "0.7".to_owned());
        },
        |form| form.outputs[0].column = "Label".to_owned(),
    ];
    for (place, change) in changes.into_iter().enumerate() {
        let mut form = scored.clone();
        change(&mut form);
        assert!(!scored.scores_like(&form), "change {place}");
    }
}

#[test]
fn a_number_says_the_same_however_it_is_typed() {
    let told = Form::of(&draft());
    let mut form = told.clone();
    form.inputs[0].max = " 7.00".to_owned();
    form.inputs[1].categories = "a,\"b, c\"".to_owned();
    form.stages[1].resource = " forest".to_owned();
    assert!(form != told && form.says_like(&told));
    form.inputs[0].max = "7.01".to_owned();
    assert!(!form.says_like(&told));
}

#[test]
fn a_pointer_takes_any_name() {
    let pointer = member("/sample_parameters", "a/b~c");
    assert_eq!(pointer, "/sample_parameters/a~1b~0c");
}
