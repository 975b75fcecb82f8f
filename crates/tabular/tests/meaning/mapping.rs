//! Columns find their inputs.

use crate::sample::{input, penguins, schema, table};
use portico_api::schema::{ColumnType, OutputColumn, OutputKind, Schema};
use portico_tabular::mapping::{Evidence, Proposal, Source, looks_like_header, propose};

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// The sources, by name of the column.
fn named(inputs: &[&str], header: &[&str]) -> Vec<Option<String>> {
    let inputs = inputs.iter().map(|name| input(name, ColumnType::String));
    let proposals = propose(
        &schema(inputs.collect()),
        &texts(header),
        true,
        &Evidence::default(),
    );
    proposals
        .into_iter()
        .map(|proposal| name_of(&proposal, header))
        .collect()
}

fn name_of(proposal: &Proposal, header: &[&str]) -> Option<String> {
    match proposal.source {
        Source::Column(at) => header.get(at as usize).map(|&name| name.to_owned()),
        Source::Missing | Source::Constant(_) => None,
    }
}

/// Pairs of an input and a header that mean the same.
const SAME: &[(&str, &str)] = &[
    ("bill_length_mm", "Bill length (mm)"),
    ("bill_length_mm", "billLengthMm"),
    ("bill_length_mm", "BILL LENGTH"),
    ("bill_length_mm", "bill-length [mm]"),
    ("bill_length_mm", "length of the bill"),
    ("bill_length_mm", "bill_lenght_mm"),
    ("body_mass_g", "Body Mass (g)"),
    ("body_mass_g", "bodymass"),
    ("body_mass_g", "mass_body_g"),
    ("flipper_length_mm", "FlipperLength"),
    ("flipper_length_mm", "fliper length mm"),
    ("sex", "Sex"),
    ("sex", "gender"),
    ("island", " Island "),
    ("island", "Islnad"),
    ("species", "Species"),
    ("CustomerID", "customer_id"),
    ("CustomerID", "Customer Id"),
    ("customer_id", "cust_id"),
    ("postal_code", "PostalCode"),
    ("zip", "ZIP code"),
    ("zip", "postcode"),
    ("latitude", "lat"),
    ("longitude", "Lng"),
    ("quantity", "Qty"),
    ("quantity", "quantities"),
    ("amount", "Amt."),
    ("temperature", "Temp (°C)"),
    ("temperature", "temp_celsius"),
    ("average_temperature", "AvgTemp"),
    ("max_speed", "Maximum Speed"),
    ("min_speed", "speed_min"),
    ("num_rooms", "Number of rooms"),
    ("rooms", "Room"),
    ("description", "Desc"),
    ("address", "Adress"),
    ("department", "Dept"),
    ("year", "Yr"),
    ("phone", "Telephone"),
    ("account_balance", "acct bal"),
    ("account_balance", "AccountBalnce"),
    ("price_eur", "Price (EUR)"),
    ("price", "price_value"),
    ("humidity_pct", "Humidity %"),
    ("größe", "Grosse"),
    ("année", "Annee"),
    ("señal", "SENAL"),
    ("x1", "X_1"),
    ("feature_10", "Feature 10"),
    ("sensor01", "sensor_1"),
    ("HTTPStatus", "http_status"),
    ("marital_status", "maritalStatus"),
    ("education", "Eductaion"),
    ("occupation", "occupations"),
    ("hours_per_week", "Hours Per Week"),
    ("hours_per_week", "hours week"),
    ("native_country", "Native-Country"),
    ("capital_gain", "CAPITAL.GAIN"),
    ("transaction_id", "txn id"),
    ("weight_kg", "weight in kg"),
    ("duration", "Duration (min)"),
    ("distance_km", "distance kilometers"),
    ("is_member", "IsMember"),
    ("category", "cat"),
    ("reference", "Ref"),
    ("start_date", "StartDate"),
    ("date_of_birth", "Date Of Birth"),
    ("dob", "birthdate"),
    ("income", "Incone"),
    ("standard_deviation", "standard dev"),
];

/// Pairs that look alike and mean different things.
const OTHER: &[(&str, &str)] = &[
    ("bill_length_mm", "bill_depth_mm"),
    ("bill_length_mm", "flipper_length_mm"),
    ("bill_length_mm", "bill_length_cm"),
    ("weight_kg", "weight_lb"),
    ("temperature", "temperature_id"),
    ("x1", "x2"),
    ("x1", "x11"),
    ("feature_10", "feature_11"),
    ("sensor_1", "sensor"),
    ("start_date", "end_date"),
    ("start_date", "start_time"),
    ("min_speed", "max_speed"),
    ("latitude", "longitude"),
    ("latitude", "altitude"),
    ("height", "weight"),
    ("income", "outcome"),
    ("price", "price_change"),
    ("price", "total price"),
    ("price", "slice"),
    ("customer_id", "customer_name"),
    ("customer_id", "order_id"),
    ("age", "page"),
    ("age", "wage"),
    ("age", "average"),
    ("sex", "six"),
    ("year", "ear"),
    ("date", "data"),
    ("country", "county"),
    ("state", "status"),
    ("contact", "contract"),
    ("first_name", "last_name"),
    ("name", "first_name"),
    ("left", "right"),
    ("input", "output"),
    ("sales", "sales_rank"),
    ("island", "species"),
    ("mass", "class"),
    ("length", "strength"),
    ("pressure_in", "pressure_out"),
    ("amount", "account"),
    ("price", "unit price"),
    ("name", "company name"),
    ("age", "spouse age"),
    ("island", "Island (2)"),
    ("charges", "Total charges"),
    ("lower_bound", "upper_bound"),
    ("male", "female"),
    ("import", "export"),
    ("flow_in", "flow_out"),
    ("revenue_2023", "revenue_2024"),
];

#[test]
fn pairs_are_told_apart() {
    let taken = |(input, header): &(&str, &str)| named(&[input], &[header])[0].is_some();
    let found: Vec<_> = SAME.iter().filter(|pair| taken(pair)).collect();
    let wrong: Vec<_> = OTHER.iter().filter(|pair| taken(pair)).collect();
    let lost: Vec<_> = SAME.iter().filter(|pair| !taken(pair)).collect();
    let share = |part: usize, whole: usize| part as f64 / whole as f64;
    let precision = share(found.len(), found.len() + wrong.len());
    let recall = share(found.len(), SAME.len());
    assert!(precision >= 0.98, "{precision}: wrong {wrong:?}");
    assert!(recall >= 0.9, "{recall}: lost {lost:?}");
}

#[test]
fn each_input_gets_its_own_column() {
    assert_eq!(
        named(
            &["bill_length_mm", "bill_depth_mm", "sex", "year"],
            &["Year", "Bill depth", "Bill length", "notes", "Gender"],
        ),
        [
            Some("Bill length"),
            Some("Bill depth"),
            Some("Gender"),
            Some("Year")
        ]
        .map(|name| name.map(str::to_owned))
    );
    // The better name wins a column; the other input does without.
    assert_eq!(
        named(&["temperature", "temp"], &["temp"]),
        [None, Some("temp".to_owned())]
    );
    assert_eq!(
        named(
            &["sex", "island", "species"],
            &["penguin_island", "penguin_species", "penguin_sex"],
        ),
        [
            Some("penguin_sex"),
            Some("penguin_island"),
            Some("penguin_species")
        ]
        .map(|name| name.map(str::to_owned))
    );
}

#[test]
fn proposals_say_why() {
    let why = |name: &str, header: &str| {
        let proposals = propose(
            &schema(vec![input(name, ColumnType::String)]),
            &texts(&[header]),
            true,
            &Evidence::default(),
        );
        proposals[0].why.clone()
    };
    for (name, header, expected) in [
        ("island", "island", "same name"),
        (
            "bill_length",
            "Bill Length",
            "same name but for case and spaces",
        ),
        ("année", "Annee", "same name but for accents"),
        ("mass_g", "Mass", "same name but for the unit"),
        ("sex", "Gender", "same name in other words"),
        (
            "bill_length",
            "length of bill",
            "same words in another order",
        ),
        ("island", "islnad", "similar name"),
        ("island", "colour", "no column has such a name"),
    ] {
        assert_eq!(why(name, header), expected, "{name} {header}");
    }
}

#[test]
fn what_columns_hold_decides_between_names() {
    let table = table(&[&["Biscoe", "39.1", "a"], &["Dream", "40.2", "b"]]);
    let evidence = Evidence::gather(&table);
    let mut inputs = penguins();
    inputs.inputs.truncate(2);
    let header = texts(&["bill length mm note", "Bill length", "island"]);
    let proposals = propose(&inputs, &header, true, &evidence);
    assert_eq!(proposals[1].source, Source::Column(1));
    // The same name is taken even if its cells are wrong: they will be marked.
    assert_eq!(proposals[0].source, Source::Column(2));
}

#[test]
fn a_name_that_says_more_needs_cells_that_fit() {
    let proposed = |cells: &[&[&str]], header: &[&str]| {
        let proposals = propose(
            &penguins(),
            &texts(header),
            true,
            &Evidence::gather(&table(cells)),
        );
        name_of(&proposals[0], header)
    };
    let known: &[&[&str]] = &[&["Biscoe", "Dream"], &["Dream", "Dream"]];
    let other: &[&[&str]] = &[&["Java", "Crete"], &["Malta", "Malta"]];
    assert_eq!(
        proposed(known, &["island name", "x"]).as_deref(),
        Some("island name")
    );
    assert_eq!(proposed(other, &["island name", "x"]), None);
    // Two that fit as well as each other: neither is proposed.
    assert_eq!(proposed(known, &["home island", "birth island"]), None);
}

fn with_output(mut schema: Schema) -> Schema {
    schema.outputs.push(OutputColumn {
        tensor: "t".to_owned(),
        column: "Scored Labels".to_owned(),
        kind: OutputKind::Label,
        class: None,
    });
    schema
}

#[test]
fn results_of_an_earlier_scoring_feed_nothing() {
    let inputs = vec![
        input("scored_labels", ColumnType::String),
        input("a", ColumnType::String),
    ];
    let schema = with_output(schema(inputs));
    let proposals = propose(
        &schema,
        &texts(&["a", "Scored Labels"]),
        true,
        &Evidence::default(),
    );
    assert_eq!(proposals[0].source, Source::Missing);
    assert_eq!(proposals[1].source, Source::Column(0));
}

#[test]
fn without_names_the_order_counts() {
    let fitting = table(&[&["Biscoe", "39.1", "2007"], &["Dream", "", "2008"]]);
    let header = texts(&["Column 1", "Column 2", "Column 3"]);
    let proposals = propose(&penguins(), &header, false, &Evidence::gather(&fitting));
    let sources: Vec<_> = proposals.iter().map(|p| p.source.clone()).collect();
    assert_eq!(
        sources,
        [Source::Column(0), Source::Column(1), Source::Column(2)]
    );
    assert!(proposals.iter().all(|p| p.why == "by position"));
    let turned = table(&[&["2007", "Biscoe", "39.1"]]);
    let proposals = propose(&penguins(), &header, false, &Evidence::gather(&turned));
    assert!(proposals.iter().all(|p| p.source == Source::Missing));
    let narrow = table(&[&["Biscoe", "39.1"]]);
    let proposals = propose(&penguins(), &header[..2], false, &Evidence::gather(&narrow));
    assert!(proposals.iter().all(|p| p.source == Source::Missing));
}

#[test]
fn a_paste_may_begin_with_names() {
    let check = |row: &[&str], expected| {
        assert_eq!(looks_like_header(&penguins(), row), expected, "{row:?}");
    };
    check(&["island", "bill_length_mm", "year"], Some(true));
    check(&["Island", "Bill length (mm)"], Some(true));
    check(&["id", "Year", "bill length", "comment"], Some(true));
    check(&["Biscoe", "39.1", "2007"], Some(false));
    check(&["Biscoe", "x", ""], Some(false));
    check(&["who", "what", "where"], None);
    check(&["", ""], None);
    check(&[], None);
}
