//! Our evaluation against the runtime's own, bit by bit.

use std::{env, sync::OnceLock};

use ort::{
    environment::Environment,
    logging::LogLevel,
    session::{Session, builder::GraphOptimizationLevel},
    value::TensorRef,
};
use proptest::{collection::vec, prelude::*};

use super::{
    super::super::protobuf::put_bytes,
    Planted, plant,
    random::{DOUBLE, Dice, Ensemble, FLOAT, Item, Kind},
};

fn session(file: &[u8], planted: Option<&Planted>) -> ort::Result<Session> {
    static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
    let environment = ENVIRONMENT.get_or_init(|| {
        let library = env::var_os("PORTICO_ONNXRUNTIME");
        let library = library.expect("PORTICO_ONNXRUNTIME names the ONNX Runtime library");
        let environment = ort::init_from(library).unwrap().build().unwrap();
        environment.set_log_level(LogLevel::Error);
        environment
    });
    let mut builder = Session::builder(environment)?
        .with_log_level(LogLevel::Fatal)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?;
    if let Some(planted) = planted {
        builder = builder.with_operators(planted.operators()?)?;
    }
    builder.commit_from_memory(file)
}

/// What a session says of these rows: labels in words, and scores bit by bit.
fn answers(session: &mut Session, rows: &[f32], width: usize) -> (Vec<String>, Vec<u32>) {
    let shape = [rows.len() / width, width];
    let input = TensorRef::from_array_view((shape, rows)).unwrap();
    let outputs = session.run(ort::inputs!["x" => input]).unwrap();
    let labels = outputs.get("label").map(|labels| {
        if let Ok((_, texts)) = labels.try_extract_strings() {
            return texts;
        }
        let (_, numbers) = labels.try_extract_tensor::<i64>().unwrap();
        numbers.iter().map(i64::to_string).collect()
    });
    let (_, scores) = outputs["scores"].try_extract_tensor::<f32>().unwrap();
    let bits = |score: &f32| if score.is_nan() { f32::NAN } else { *score }.to_bits();
    (
        labels.unwrap_or_default(),
        scores.iter().map(bits).collect(),
    )
}

#[test]
fn ensembles_give_what_the_runtime_gives_bit_by_bit() {
    let (mut quick, mut walked) = (0, 0);
    for seed in 1..=1_000_u64 {
        let mut dice = Dice::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let ensemble = Ensemble::random(&mut dice);
        let file = ensemble.file(FLOAT);
        let planted = plant(&file).unwrap_or_else(|| panic!("seed {seed}: it is none"));
        match planted.forests[0].quick {
            Some(_) => quick += 1,
            None => walked += 1,
        }
        let mut theirs = session(&file, None).unwrap();
        let mut ours = session(&planted.file, Some(&planted)).unwrap();
        for rows in [1, 2, 7, 8, 9, 17, 64, 65, 200] {
            let width = ensemble.features;
            let plain = dice.one_in(3);
            let value = |dice: &mut Dice| {
                if plain {
                    dice.threshold()
                } else {
                    dice.value()
                }
            };
            let rows: Vec<f32> = (0..rows * width).map(|_| value(&mut dice)).collect();
            assert_eq!(
                answers(&mut ours, &rows, width),
                answers(&mut theirs, &rows, width),
                "seed {seed}, rows {rows:?}, {:?}, {}, bases {:?}, tracks {}",
                ensemble.kind,
                ensemble.transform,
                ensemble.bases,
                ensemble.tracks
            );
        }
    }
    assert!(
        quick > 200 && walked > 200,
        "{quick} quick, {walked} walked"
    );
}

#[test]
fn rows_that_are_too_narrow_are_refused_as_by_the_runtime() {
    let mut dice = Dice::new(7);
    let mut ensemble = Ensemble::random(&mut dice);
    ensemble.nodes[0].feature = 9;
    let file = ensemble.file(FLOAT);
    let planted = plant(&file).unwrap();
    let rows = vec![0.0_f32; ensemble.features];
    for mut session in [
        session(&file, None).unwrap(),
        session(&planted.file, Some(&planted)).unwrap(),
    ] {
        let input = TensorRef::from_array_view(([1, ensemble.features], &*rows)).unwrap();
        let error = session
            .run(ort::inputs!["x" => input])
            .map(drop)
            .unwrap_err();
        let words = error.to_string();
        assert!(
            words.contains("columns") || words.contains("features"),
            "{words}"
        );
    }
}

#[test]
fn columns_of_64_bits_are_left_to_the_runtime() {
    let file = Ensemble::random(&mut Dice::new(3)).file(DOUBLE);
    let planted = plant(&file).unwrap();
    assert!(session(&file, None).is_ok());
    assert!(session(&planted.file, Some(&planted)).is_err());
}

type Change = fn(&mut Ensemble);

#[test]
fn what_is_no_proper_ensemble_is_left_to_the_runtime() {
    let mut dice = Dice::new(11);
    let whole = loop {
        let ensemble = Ensemble::random(&mut dice);
        let branches = ensemble.nodes.iter().filter(|node| node.mode != "LEAF");
        if branches.count() > 8 && ensemble.nodes[0].mode != "LEAF" {
            break ensemble;
        }
    };
    assert!(plant(&whole.file(FLOAT)).is_some());
    let changes: [(&str, Change); 13] = [
        ("more targets than weights", |ensemble| {
            ensemble.kind = Kind::Values {
                targets: usize::MAX >> 1,
                averages: false,
            };
            ensemble.bases.clear();
            ensemble.transform = "NONE";
        }),
        ("a cycle", |ensemble| {
            let root = ensemble.nodes[0].id;
            let branch = ensemble.nodes.iter_mut().find(|node| node.mode != "LEAF");
            branch.unwrap().children = [root, root];
        }),
        ("one child twice", |ensemble| {
            let root = &mut ensemble.nodes[0];
            root.children[0] = root.children[1];
        }),
        ("no such child", |ensemble| {
            ensemble.nodes[0].children[0] = 1_000_000;
        }),
        ("a child before the first", |ensemble| {
            ensemble.nodes[0].children[0] = -1;
        }),
        ("an id twice", |ensemble| {
            ensemble.nodes[1].id = ensemble.nodes[0].id;
        }),
        ("a tree in two parts", |ensemble| {
            let node = ensemble.nodes[0].clone();
            ensemble.nodes.push(Item { id: 50, ..node });
        }),
        ("another comparison", |ensemble| {
            ensemble.nodes[0].mode = "BRANCH_GT";
        }),
        ("two comparisons", |ensemble| {
            let other = if ensemble.nodes[0].mode == "BRANCH_LT" {
                "BRANCH_LEQ"
            } else {
                "BRANCH_LT"
            };
            ensemble.nodes[0].mode = other;
        }),
        ("a column before the first", |ensemble| {
            ensemble.nodes[0].feature = -1;
        }),
        ("a leaf without a weight", |ensemble| {
            let (tree, node) = (ensemble.weights[0].tree, ensemble.weights[0].node);
            ensemble
                .weights
                .retain(|weight| (weight.tree, weight.node) != (tree, node));
        }),
        ("a weight twice", |ensemble| {
            let weight = ensemble.weights[0].clone();
            ensemble.weights.push(weight);
        }),
        ("another transformation", |ensemble| {
            ensemble.transform = "PROBIT";
        }),
    ];
    for (what, change) in changes {
        let mut changed = whole.clone();
        change(&mut changed);
        assert!(plant(&changed.file(FLOAT)).is_none(), "{what}");
    }
}

#[test]
fn outputs_without_a_shape_are_left_to_the_runtime() {
    let file = Ensemble::random(&mut Dice::new(5)).file(FLOAT);
    assert!(plant(&file).is_some());
    // A second graph, and an operator of our name in the file.
    let mut twice = file.clone();
    put_bytes(&mut twice, 7, b"");
    assert!(plant(&twice).is_none());
    let mut named = file;
    put_bytes(&mut named, 2, b"portico.forests");
    assert!(plant(&named).is_none());
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in vec(any::<u8>(), 0..200), seed in 0..200_u64, at in any::<usize>()) {
        let mut node = b"TreeEnsemble".to_vec();
        node.extend_from_slice(&bytes);
        prop_assert!(plant(&node).is_none());
        // A file with one byte changed, or cut off.
        let mut file = Ensemble::random(&mut Dice::new(seed)).file(FLOAT);
        let at = at % file.len();
        file[at] ^= bytes.first().copied().unwrap_or(1);
        let _ = plant(&file);
        let _ = plant(&file[..at]);
    }
}
