//! Lists as people paste them.

use super::*;
use portico_api::update::ManyError;

fn row(name: &str, description: &str, throttle: &str, customer: &str) -> ManyRow {
    ManyRow {
        name: name.to_owned(),
        description: description.to_owned(),
        throttle: throttle.to_owned(),
        customer: customer.to_owned(),
    }
}

fn rows(text: &str) -> Vec<ManyRow> {
    read(text).map(|list| list.rows).unwrap_or_default()
}

#[test]
fn tabs_semicolons_and_commas_separate() {
    let expected = vec![
        row("acme", "Night run", "low", "Acme, Inc."),
        row("beta", "", "40", ""),
    ];
    assert_eq!(
        rows("acme\tNight run\tlow\tAcme, Inc.\nbeta\t\t40\n"),
        expected
    );
    assert_eq!(
        rows("acme;Night run;low;Acme, Inc.\r\nbeta;;40;\r\n"),
        expected
    );
    assert_eq!(
        rows("acme,Night run,low,\"Acme, Inc.\"\nbeta,,40"),
        expected
    );
}

#[test]
fn a_heading_says_where_the_columns_are() {
    let list = read("Customer,Name,Colour\nAcme,acme,red\n").unwrap();
    assert_eq!(list.rows, [row("acme", "", "", "Acme")]);
    assert_eq!(list.lines, [2]);
    assert_eq!(list.notes, ["Columns that are left out: “Colour”."]);
    assert_eq!(rows("name\nacme"), [row("acme", "", "", "")]);
    // An endpoint may be called so.
    assert_eq!(rows("name,first\nacme,second").len(), 2);
    assert_eq!(
        read("description,customer\nx,Acme"),
        Err(ListProblem::NoName)
    );
}

#[test]
fn lines_are_those_of_the_text() {
    let list = read("a,\"one\ntwo\"\n\nb,x\n").unwrap();
    assert_eq!(
        list.rows,
        [row("a", "one\ntwo", "", ""), row("b", "x", "", "")]
    );
    assert_eq!(list.lines, [1, 4]);
    let problem = ListProblem::Cut(CutProblem::OpenQuote(2));
    assert!(problem.in_words().contains("line 2"));
    assert_eq!(read("a,b\nc,\"d"), Err(problem));
}

#[test]
fn what_is_no_list_is_said() {
    for text in ["", " \n\t\n", "name,description\n", "\u{FEFF}"] {
        assert_eq!(read(text), Err(ListProblem::Empty), "{text:?}");
    }
    assert_eq!(read("\0a"), Err(ListProblem::Cut(CutProblem::Encoding)));
    let long = "a\n".repeat(LIST_ROWS + 1);
    assert_eq!(read(&long), Err(ListProblem::TooLong(LIST_ROWS + 1)));
    assert_eq!(
        read(&"a\n".repeat(LIST_ROWS)).map(|list| list.rows.len()),
        Ok(LIST_ROWS)
    );
    let wide = read("a,b,c,d,e\n").unwrap();
    assert_eq!(wide.rows, [row("a", "b", "c", "d")]);
    assert_eq!(wide.notes.len(), 1);
}

#[test]
fn a_name_that_stands_there_twice_is_an_error_of_the_later_row() {
    let list = read("acme\nbeta\nacme\n").unwrap();
    let entries = entries(&list);
    assert_eq!(entries[0].state, None);
    assert_eq!(entries[2].state, Some(ManyState::Error));
    assert_eq!(
        entries[2].fault("name"),
        Some("Line 1 has this name already.")
    );
    assert_eq!(entries[2].fault("customer"), None);
}

fn line(row: u32, state: ManyState, field: Option<&str>) -> ManyLine {
    ManyLine {
        row,
        state,
        errors: field
            .map(|field| ManyError {
                field: field.to_owned(),
                code: "code".to_owned(),
                detail: "why".to_owned(),
            })
            .into_iter()
            .collect(),
    }
}

#[test]
fn answers_go_to_the_rows_that_were_asked_about() {
    let list = read("acme\nbeta\nacme\ngamma\n").unwrap();
    let mut entries = entries(&list);
    let asked = places(&entries, |entry| entry.state.is_none());
    assert_eq!(asked, [0, 1, 3]);
    take_over(
        &mut entries,
        &asked,
        &[
            line(1, ManyState::New, None),
            line(2, ManyState::Exists, None),
            line(3, ManyState::Error, Some("customer")),
            // What was not asked about is nobody's.
            line(4, ManyState::Created, None),
            line(0, ManyState::Created, None),
        ],
    );
    let states: Vec<_> = entries.iter().filter_map(|entry| entry.state).collect();
    assert_eq!(
        states,
        [
            ManyState::New,
            ManyState::Exists,
            ManyState::Error,
            ManyState::Error
        ]
    );
    assert_eq!(entries[3].fault("customer"), Some("why"));
    let tally = Tally::of(&entries);
    assert_eq!(
        tally.in_words(),
        "1 can be created, 1 already there, 2 have errors"
    );
    assert_eq!(tally.button(), "Create 1 endpoint");
    assert_eq!(tally.blocked(), "");
    assert!(entries[0].is_good());
}

#[test]
fn a_button_that_can_not_be_pressed_says_why() {
    let of = |new, unchecked, bad, exists| Tally {
        new,
        unchecked,
        bad,
        exists,
        created: 0,
    };
    assert_eq!(of(0, 3, 1, 0).blocked(), "The rows are not checked yet");
    assert!(of(0, 0, 2, 0).blocked().contains("errors"));
    assert!(of(0, 0, 0, 4).blocked().contains("already"));
}

#[test]
fn the_result_names_the_address_of_what_is_there() {
    let list = read("acme,=1+1\nbeta\n").unwrap();
    let mut entries = entries(&list);
    take_over(
        &mut entries,
        &[0, 1],
        &[
            line(1, ManyState::Created, None),
            line(2, ManyState::Error, Some("throttle")),
        ],
    );
    let text = csv(&entries, |name| Some(format!("https://x/{name}")));
    let text = String::from_utf8(text).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "name,description,throttle,customer,state,url,error"
    );
    assert_eq!(lines[1], "acme,'=1+1,,,Created,https://x/acme,");
    assert_eq!(lines[2], "beta,,,,Error,,throttle: why");
}
