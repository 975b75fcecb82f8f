//! The ledger's lines, filters and words.

use super::*;
use portico_api::id::EndpointId;
use portico_api::name::EndpointName;
use portico_api::time::Timestamp;
use portico_api::update::{Fate, LedgerModel, PlanLine};

fn line(name: &str, customer: Option<&str>, version: u32, own: bool) -> LedgerLine {
    LedgerLine {
        endpoint_id: EndpointId::from_bytes([7; 16]),
        name: EndpointName::parse(name).unwrap_or_else(|problem| panic!("{problem}")),
        is_default: false,
        customer_name: customer.map(str::to_owned),
        version,
        behind: 3 - version,
        prevent_update: false,
        stay_until: None,
        models: vec![LedgerModel {
            resource: "species".to_owned(),
            sha256: if own { "ab" } else { "cd" }.repeat(32),
            own,
        }],
        revision: 1,
        since: Timestamp::from_rfc3339("2026-11-23T08:05:09.120Z"),
    }
}

fn rows() -> Vec<Row> {
    [
        line("default", None, 3, false),
        line("acme", Some("Acme Ltd."), 1, true),
        line("beta", Some("=Beta"), 2, false),
    ]
    .map(Row::of)
    .to_vec()
}

#[test]
fn a_filter_wants_all_that_it_asks_for() {
    let rows = rows();
    let found = |filter: Filter| filter.apply(&rows);
    assert_eq!(found(Filter::default()), [0, 1, 2]);
    let text = |text: &str| Filter {
        text: text.to_owned(),
        ..Filter::default()
    };
    assert_eq!(found(text("ACME ltd")), [1]);
    assert_eq!(found(text("abab")), [1]);
    assert_eq!(found(text("acme beta")), Vec::<usize>::new());
    let behind = Filter {
        behind: true,
        ..Filter::default()
    };
    assert_eq!(found(behind.clone()), [1, 2]);
    assert_eq!(
        found(Filter {
            customised: true,
            ..behind
        }),
        [1]
    );
    assert_eq!(
        found(Filter {
            version: Some(2),
            ..Filter::default()
        }),
        [2]
    );
}

#[test]
fn ten_thousand_lines_are_filtered_in_an_instant() {
    let rows: Vec<Row> = (0..10_000)
        .map(|number| {
            Row::of(line(
                &format!("customer{number}"),
                Some("Acme"),
                2,
                number % 3 == 0,
            ))
        })
        .collect();
    let filter = Filter {
        text: "customer99 ac".to_owned(),
        ..Filter::default()
    };
    let begun = std::time::Instant::now();
    assert_eq!(filter.apply(&rows).len(), 111);
    // Far more than it takes even without optimisation: this guards against another kind of search.
    assert!(begun.elapsed().as_millis() < 100, "{:?}", begun.elapsed());
}

#[test]
fn a_filter_stands_in_the_address_and_comes_back_from_it() {
    let filter = Filter {
        text: "acme ltd".to_owned(),
        behind: true,
        customised: true,
        version: Some(2),
    };
    let query = filter.query();
    let pairs = query.iter().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(Filter::read(pairs), (filter, Vec::new()));
    assert!(Filter::default().query().is_empty());
}

#[test]
fn what_makes_no_sense_in_an_address_is_left_out_and_said() {
    let (filter, notes) = Filter::read([
        ("behind", "yes"),
        ("version", "two"),
        ("version", "0"),
        ("q", "acme"),
        ("page", "7"),
    ]);
    assert_eq!(
        filter,
        Filter {
            text: "acme".to_owned(),
            ..Filter::default()
        }
    );
    assert_eq!(notes.len(), 3, "{notes:?}");
}

#[test]
fn only_rows_in_view_and_some_around_them_are_drawn() {
    assert_eq!(window(0.0, 720.0, 36.0, 10_000), 0..33);
    assert_eq!(window(3_600.0, 720.0, 36.0, 10_000), 88..133);
    // The list begins below the view's upper edge.
    assert_eq!(window(-300.0, 720.0, 36.0, 10_000), 0..24);
    // Scrolled past the end, as after a filter.
    assert_eq!(window(360_000.0, 720.0, 36.0, 20), 8..20);
    assert_eq!(window(0.0, 720.0, 36.0, 0), 0..0);
    assert_eq!(window(0.0, 720.0, 0.0, 100), 0..12);
}

#[test]
fn what_is_exported_names_every_model_and_holds_no_formula() {
    let rows = rows();
    let text = csv(rows.iter().map(|row| &row.line), &resources(&rows));
    let text = String::from_utf8(text).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "name,customer,version,behind,revision,since,prevent update,stays until,species: SHA-256,species: own"
    );
    assert_eq!(
        lines[2],
        format!(
            "acme,Acme Ltd.,1,2,1,2026-11-23T08:05:09.120Z,no,,{},yes",
            "ab".repeat(32)
        )
    );
    assert!(lines[3].starts_with("beta,'=Beta,"), "{}", lines[3]);
}

fn plan(change: u32, keep_own: u32, unchanged: u32, refused: u32) -> RunPlan {
    RunPlan {
        change,
        keep_own,
        unchanged,
        refused,
        plans: Vec::new(),
    }
}

#[test]
fn a_plan_is_told_in_counts() {
    assert_eq!(plan_in_words(&plan(0, 0, 0, 0)), "No endpoint changes");
    assert_eq!(
        plan_in_words(&plan(1, 1, 1, 1)),
        "1 endpoint changes, 1 of them keeps own models, 1 stays as it is, 1 is passed by"
    );
    assert_eq!(
        plan_in_words(&plan(1_000, 300, 4, 2)),
        "1,000 endpoints change, 300 of them keep own models, 4 stay as they are, 2 are passed by"
    );
}

fn line_of_plan(fate: Fate) -> PlanLine {
    PlanLine {
        resource: "species".to_owned(),
        fate,
        differences: Vec::new(),
        before: Some("ab".repeat(32)),
        after: Some("cd".repeat(32)),
    }
}

#[test]
fn an_outcome_is_that_of_the_whole_endpoint() {
    let mut plan = UpdatePlan {
        endpoint: EndpointName::parse("acme").unwrap(),
        from: 1,
        to: 2,
        resources: vec![line_of_plan(Fate::Taken)],
        changes: true,
        refused: None,
    };
    assert_eq!(Outcome::of(&plan), Outcome::Changes);
    plan.resources.push(line_of_plan(Fate::Kept));
    assert_eq!(Outcome::of(&plan), Outcome::KeepsOwn);
    plan.changes = false;
    assert_eq!(Outcome::of(&plan), Outcome::Unchanged);
    plan.refused = Some("Updates are prevented".to_owned());
    assert_eq!(Outcome::of(&plan), Outcome::Refused);
    assert_eq!(
        models_in_words(&plan.resources[..1]),
        ["species: abababababab… → cdcdcdcdcdcd…"]
    );
}

#[test]
fn a_run_is_told_in_words() {
    let mut run = Run {
        id: "0".repeat(32),
        act: RunAct::Update {
            version: Some(2),
            overwrite: false,
        },
        state: RunState::Running,
        total: 1_000,
        changed: 200,
        unchanged: 3,
        refused: 0,
        actor: "Ada".to_owned(),
        started_at: Timestamp::from_rfc3339("2026-11-23T08:05:09.120Z"),
        ended_at: None,
    };
    assert_eq!(
        run_in_words(&run),
        "203 of 1,000 endpoints done, 200 changed, 3 unchanged"
    );
    assert_eq!(take_back_blocked(&run), "It is still running");
    run.state = RunState::Cancelled;
    assert_eq!(
        run_in_words(&run),
        "Cancelled after 203 of 1,000 endpoints; what was done stays done, 200 changed, 3 unchanged"
    );
    assert_eq!(take_back_blocked(&run), "");
    run.changed = 0;
    assert_eq!(take_back_blocked(&run), "It changed nothing");
    assert_eq!(act_in_words(&run.act), "Update to version 2");
    run.act = RunAct::Update {
        version: None,
        overwrite: true,
    };
    assert_eq!(
        act_in_words(&run.act),
        "Update to the newest version, own models overwritten"
    );
}

#[test]
fn a_move_shows_both_versions_only_where_they_differ() {
    let mut line = RunLine {
        endpoint: EndpointName::parse("acme").unwrap(),
        state: LineState::Changed,
        from: Some(1),
        to: Some(2),
        resources: Vec::new(),
        detail: None,
    };
    assert_eq!(move_in_words(&line), "1 → 2");
    line.to = Some(1);
    assert_eq!(move_in_words(&line), "1");
    line.to = None;
    assert_eq!(move_in_words(&line), "1");
    line.from = None;
    assert_eq!(move_in_words(&line), "");
}

#[test]
fn a_selection_is_told_in_words() {
    let name = |text| EndpointName::parse(text).unwrap();
    let of = |names| selection_in_words(&Selection::Named { names });
    assert_eq!(of(vec![name("acme")]), "acme");
    assert_eq!(of(vec![name("acme"), name("beta")]), "2 endpoints");
    assert_eq!(versions(&rows()), [3, 2, 1]);
    assert_eq!(
        footer(10_000, 12, true, true),
        "12 of 10,000 endpoints match"
    );
    assert_eq!(footer(1, 1, false, false), "1 endpoint loaded so far");
}
