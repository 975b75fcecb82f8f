//! What a person does at the desk, from the paste to the file, without a browser: the demo's penguins,
//! and a server that is played.

#![expect(clippy::unwrap_used, reason = "a test panics when it fails")]

use portico_api::schema::Schema;
use portico_api::score::{ScoreAnswer, ScoreRequest, Timing};
use portico_api::throttle::{Throttle, ThrottleLevel};
use portico_tabular::desk::{Call, Desk};
use portico_tabular::html;
use portico_tabular::intake::Reader;
use portico_tabular::protocol::{
    Area, Format, How, Policy, Reply, Request, RowState, SourceFacts, Spot, Start, View,
};
use portico_tabular::run::Outcome;
use portico_tabular::xlsx::read::Book;
use serde_json::{Value, json};
use std::path::Path;

fn package(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/packages/penguin-species");
    std::fs::read_to_string(folder.join(file)).unwrap()
}

fn start() -> Start {
    let manifest: Value = serde_json::from_str(&package("manifest.json")).unwrap();
    let schema: Schema = serde_json::from_value(json!({
        "inputs": manifest["inputs"], "outputs": manifest["outputs"],
    }))
    .unwrap();
    Start {
        ws: "0".repeat(32),
        svc: "1".repeat(32),
        service: "Penguin species".to_owned(),
        name: "acme".to_owned(),
        schema,
        samples: vec![
            ["Dream", "40", "18", "195", "3250", "female"]
                .map(str::to_owned)
                .to_vec(),
        ],
        max_concurrent_calls: 4,
    }
}

/// The 344 penguins as a spreadsheet puts them on the clipboard, with these cells changed: row as a
/// spreadsheet counts, column from 0, text.
fn clipboard(changes: &[(usize, usize, &str)]) -> String {
    let mut rows: Vec<Vec<String>> = package("samples.csv")
        .lines()
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect();
    for &(row, column, text) in changes {
        rows[row - 1][column] = text.to_owned();
    }
    rows.iter().map(|row| row.join("\t") + "\r\n").collect()
}

fn pasted(changes: &[(usize, usize, &str)]) -> Desk {
    let mut desk = Desk::new(start());
    let rows = html::pasted("", &clipboard(changes)).unwrap();
    desk.take_rows(SourceFacts::default(), &rows, None).unwrap();
    desk
}

fn spots(desk: &mut Desk) -> Vec<Spot> {
    let replies = desk.carry_out(&Request::Findings { count: 100 }).unwrap();
    match replies.into_iter().next() {
        Some(Reply::Findings { list }) => list,
        other => panic!("{other:?}"),
    }
}

fn edit(desk: &mut Desk, row: u32, column: u32, text: &str) {
    let cells = vec![vec![text.to_owned()]];
    desk.carry_out(&Request::Edit { row, column, cells })
        .unwrap();
}

/// The species that a penguin is played to have: its island and the whole millimetres of its bill.
fn species(row: &serde_json::Map<String, Value>) -> String {
    format!(
        "{} {}",
        row["island"].as_str().unwrap(),
        row["bill_length_mm"]
    )
}

fn answer(desk: &Desk, request: &ScoreRequest) -> ScoreAnswer {
    let columns: Vec<String> = desk
        .start()
        .schema
        .outputs
        .iter()
        .map(|output| output.column.clone())
        .collect();
    let rows = request
        .rows
        .iter()
        .map(|row| {
            let mut cells = vec![Value::from(species(row))];
            cells.resize(columns.len(), json!(0.25));
            cells
        })
        .collect();
    ScoreAnswer {
        columns,
        rows,
        warnings: Vec::new(),
        version: 1,
        timing: Timing {
            queue_ms: 0.0,
            model_ms: 1.0,
            total_ms: 1.0,
        },
        throttle: Throttle {
            level: ThrottleLevel::Low,
            max_concurrent_calls: 4,
            ..Throttle::LOW
        },
        free_calls: 3,
        request_id: String::new(),
    }
}

/// Plays the server until the run ends; the rows of every call.
fn score(desk: &mut Desk, policy: Policy) -> Vec<usize> {
    let mut now = 0.0;
    desk.begin(policy, now).unwrap();
    let mut calls = Vec::new();
    loop {
        match desk.next_call(now) {
            Call::Send(number, request) => {
                calls.push(request.rows.len());
                now += 5.0;
                let answer = answer(desk, &request);
                desk.answered(number, &answer, now);
            }
            Call::Wait(until) => now = until,
            Call::Idle => panic!("nothing is under way"),
            Call::Done => return calls,
        }
    }
}

fn file(desk: &Desk, format: Format) -> Vec<u8> {
    let mut export = desk.export(format).unwrap();
    let mut all = Vec::new();
    loop {
        let (bytes, complete) = export.step(desk).unwrap();
        all.extend(bytes);
        if complete {
            return all;
        }
    }
}

#[test]
fn three_bad_cells_among_344_pasted_rows_are_exactly_these_three() {
    let mut desk = pasted(&[(17, 1, "abc"), (18, 0, ""), (200, 4, "12 kg")]);
    let state = desk.state(0.0);
    assert_eq!(
        (state.rows, state.checked, state.errors, state.marks),
        (344, 344, 3, 0)
    );
    assert_eq!(state.blocked, "");
    let found: Vec<(String, String)> = spots(&mut desk)
        .into_iter()
        .map(|spot| (spot.address, spot.text))
        .collect();
    let expected = [("B17", "abc"), ("A18", ""), ("E200", "12 kg")];
    assert_eq!(
        found,
        expected.map(|(address, text)| (address.to_owned(), text.to_owned()))
    );

    edit(&mut desk, 15, 1, "39.1");
    edit(&mut desk, 16, 0, "Dream");
    edit(&mut desk, 198, 4, "4200");
    assert_eq!(desk.state(0.0).errors, 0);
    assert!(spots(&mut desk).is_empty());
    desk.carry_out(&Request::Undo).unwrap();
    assert_eq!(spots(&mut desk)[0].address, "E200");
    desk.carry_out(&Request::Redo).unwrap();
    assert_eq!(desk.state(0.0).errors, 0);
}

#[test]
fn findings_are_walked_through_both_ways_and_around() {
    let mut desk = pasted(&[(17, 1, "abc"), (200, 4, "x")]);
    let mut walk = |row, column, back| match desk
        .carry_out(&Request::Find { row, column, back })
        .unwrap()
        .remove(0)
    {
        Reply::Found { at } => at.unwrap().address,
        other => panic!("{other:?}"),
    };
    assert_eq!(walk(0, 0, false), "B17");
    assert_eq!(walk(15, 1, false), "E200");
    assert_eq!(walk(198, 4, false), "B17");
    assert_eq!(walk(15, 1, true), "E200");
}

#[test]
fn bad_rows_are_skipped_and_the_others_scored_in_their_order() {
    let mut desk = pasted(&[(17, 1, "abc")]);
    assert!(
        desk.begin(Policy::Block, 0.0).is_err(),
        "a bad row blocks when asked to"
    );
    let calls = score(&mut desk, Policy::Skip);
    assert_eq!(calls.iter().sum::<usize>(), 343);
    let run = desk.state(0.0).run;
    assert_eq!(
        (run.scored, run.skipped, run.failed, run.waiting),
        (343, 1, 0, 0)
    );

    let text = String::from_utf8(file(&desk, Format::Csv)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 345);
    assert!(
        lines[0].starts_with("island,bill_length_mm,") && lines[0].ends_with(",Status"),
        "{}",
        lines[0]
    );
    assert!(lines[1].contains(",Torgersen 39.1,0.25,"), "{}", lines[1]);
    assert!(
        lines[16].contains(",abc,") && lines[16].contains("skipped: B17"),
        "{}",
        lines[16]
    );

    edit(&mut desk, 15, 1, "39.1");
    assert_eq!(
        score(&mut desk, Policy::Skip),
        [1],
        "what is scored is not sent again"
    );
    let text = String::from_utf8(file(&desk, Format::Csv)).unwrap();
    assert!(!text.contains("Status"), "every row is scored");
}

#[test]
fn an_edited_row_is_stale_and_scored_again_alone() {
    let mut desk = pasted(&[]);
    score(&mut desk, Policy::Skip);
    edit(&mut desk, 3, 0, "Biscoe");
    let Reply::Rows { rows, .. } = desk
        .carry_out(&Request::Rows {
            ticket: 0,
            first: 3,
            count: 1,
        })
        .unwrap()
        .remove(0)
    else {
        panic!("no rows");
    };
    assert_eq!(rows[0].state, RowState::Stale);
    assert!(
        rows[0].outputs[0].starts_with("Torgersen"),
        "the old prediction stays in sight: {:?}",
        rows[0].outputs
    );
    assert_eq!(score(&mut desk, Policy::Skip), [1]);
    let state = desk.state(0.0);
    assert_eq!((state.run.scored, state.run.waiting), (344, 0));
}

#[test]
fn a_workbook_holds_the_same_rows_with_numbers_as_numbers() {
    let mut desk = pasted(&[(17, 5, "=1+1")]);
    score(&mut desk, Policy::Skip);
    let mut book = Book::open(file(&desk, Format::Xlsx)).unwrap();
    let sheet = book.read(0, None, &mut |_| {}).unwrap();
    let own = String::from_utf8(file(&desk, Format::Csv)).unwrap();
    let first: Vec<&str> = own.lines().nth(1).unwrap().split(',').collect();
    let mut row = portico_tabular::table::Row::default();
    sheet.table.read(0, &mut row);
    for (column, text) in first.iter().enumerate() {
        assert_eq!(row.text(column), *text);
    }
    assert_eq!(sheet.table.rows(), 344);
    sheet.table.read(15, &mut row);
    assert_eq!(row.text(5), "=1+1", "a text, and no formula");
    assert!(sheet.differences.is_empty(), "{:?}", sheet.differences);
    assert!(own.contains(",'=1+1,"), "guarded in CSV");
}

#[test]
fn a_file_is_read_in_pieces_and_its_first_rows_show_before_its_end() {
    let mut text = String::from(
        "sex;bill length (mm);island;extra;bill_depth_mm;flipper_length_mm;body_mass_g\r\n",
    );
    for row in 0..40_000 {
        text += &format!(
            "male;{},5;Dream;\"note; {row}\";18,1;190;3500\r\n",
            30 + row % 30
        );
    }
    let bytes = text.as_bytes();
    let mut desk = Desk::new(start());
    let reader = Reader::new(&How::default(), false, bytes.len() as u64).unwrap();
    desk.begin_text(SourceFacts::default(), reader, bytes.len() as f64);
    let mut read = 0;
    let mut seen = false;
    for piece in bytes.chunks(100_000) {
        read += piece.len();
        desk.take_piece(piece, read as f64).unwrap();
        seen |= read < bytes.len() && desk.state(0.0).rows > 0;
    }
    assert!(seen, "rows are there while the file is still being read");
    assert!(
        desk.begin(Policy::Skip, 0.0).is_err(),
        "and can't be scored yet"
    );
    desk.finish_text().unwrap();
    let state = desk.state(0.0);
    assert_eq!(
        (state.rows, state.errors, state.marks),
        (40_000, 0, 0),
        "{:?}",
        state.inputs
    );
    assert_eq!(state.blocked, "");
    let converted: Vec<u64> = state.inputs.iter().map(|input| input.converted).collect();
    assert_eq!(
        converted[1], 40_000,
        "decimal commas are read as such, and counted: {converted:?}"
    );

    desk.begin(Policy::Skip, 0.0).unwrap();
    let Call::Send(_, request) = desk.next_call(0.0) else {
        panic!("nothing to send")
    };
    assert_eq!(request.rows[0]["bill_length_mm"], json!(30.5));
    assert!(
        !request.rows[0].contains_key("extra"),
        "columns that the model has not are not sent"
    );
    desk.stop();

    let copied = desk
        .carry_out(&Request::Copy {
            area: Area {
                row: 0,
                column: 1,
                rows: 1,
                columns: 1,
            },
        })
        .unwrap();
    assert!(
        matches!(&copied[0], Reply::Copied { text, .. } if text == "30,5\n"),
        "texts stay as they were written: {copied:?}"
    );
}

#[test]
fn the_view_of_findings_holds_still_while_they_are_fixed() {
    let mut desk = pasted(&[(17, 1, "abc"), (200, 4, "x")]);
    desk.carry_out(&Request::Filter {
        view: View::Findings,
    })
    .unwrap();
    assert_eq!(desk.state(0.0).shown, 2);
    edit(&mut desk, 15, 1, "39.1");
    assert_eq!(desk.state(0.0).shown, 2);
    let Reply::Rows { rows, total, .. } = desk
        .carry_out(&Request::Rows {
            ticket: 1,
            first: 0,
            count: 10,
        })
        .unwrap()
        .remove(0)
    else {
        panic!("no rows");
    };
    assert_eq!(
        (total, rows[0].source_row, rows[1].source_row),
        (2, 17, 200)
    );
}

#[test]
fn what_the_server_finds_wrong_costs_only_its_row() {
    let mut desk = pasted(&[]);
    desk.begin(Policy::Send, 0.0).unwrap();
    let mut now = 0.0;
    let mut sent = 0;
    loop {
        match desk.next_call(now) {
            Call::Send(number, request) => {
                sent += 1;
                now += 1.0;
                let bad = request
                    .rows
                    .iter()
                    .any(|row| row["body_mass_g"] == json!(3250));
                if bad {
                    desk.failed(
                        number,
                        Outcome::Failed {
                            reason: "The model failed.".to_owned(),
                        },
                        now,
                    );
                } else {
                    let answer = answer(&desk, &request);
                    desk.answered(number, &answer, now);
                }
            }
            Call::Wait(until) => now = until,
            Call::Idle => panic!("nothing is under way"),
            Call::Done => break,
        }
    }
    let run = desk.state(now).run;
    let bad = clipboard(&[])
        .lines()
        .filter(|line| line.contains("\t3250\t"))
        .count();
    assert_eq!(
        (run.failed as usize, run.scored as usize),
        (bad, 344 - bad),
        "{sent} calls"
    );
}

#[test]
fn what_the_worker_says_is_what_the_page_hears() {
    let mut desk = pasted(&[(17, 1, "abc")]);
    score(&mut desk, Policy::Skip);
    let mut said = vec![Reply::State(Box::new(desk.state(1.5)))];
    for request in [
        Request::Rows {
            ticket: 7,
            first: 10,
            count: 10,
        },
        Request::Findings { count: 5 },
        Request::Find {
            row: 0,
            column: 0,
            back: false,
        },
        Request::Copy {
            area: Area {
                row: 0,
                column: 0,
                rows: 2,
                columns: 9,
            },
        },
        Request::Clear {
            area: Area {
                row: 0,
                column: 0,
                rows: 1,
                columns: 1,
            },
        },
    ] {
        let text = serde_json::to_string(&request).unwrap();
        said.extend(
            desk.carry_out(&serde_json::from_str(&text).unwrap())
                .unwrap(),
        );
    }
    for reply in said {
        let text = serde_json::to_string(&reply).unwrap();
        let heard: Reply = serde_json::from_str(&text).unwrap();
        assert_eq!(format!("{heard:?}"), format!("{reply:?}"));
    }
}
