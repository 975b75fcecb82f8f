//! Making files for the page, piece by piece.

use super::Shop;
use super::outbox::{post, post_piece, refuse};
use super::scope::pause;
use portico_tabular::protocol::{Asked, Format, Reply};
use portico_tabular::xlsx::template::template as filled_in;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Bytes of a piece that is sent.
const PIECE: usize = 4 << 20;

/// Makes a file of the table and its predictions.
pub fn export(shop: &Rc<Shop>, format: Format) {
    let task = shop.task.get();
    let begun = shop.desk.borrow().export(format);
    let mut export = match begun {
        Ok(export) => export,
        Err(refusal) => return refuse(Asked::Export, &refusal),
    };
    let shop = Rc::clone(shop);
    spawn_local(async move {
        let mut ready = Vec::new();
        loop {
            let step = export.step(&shop.desk.borrow());
            let complete = match step {
                Ok((bytes, complete)) => {
                    ready.extend(bytes);
                    complete
                }
                Err(refusal) => return refuse(Asked::Export, &refusal),
            };
            if ready.len() >= PIECE || complete {
                post_piece(&ready);
                ready.clear();
            }
            if complete {
                break;
            }
            pause(0.0).await;
            if shop.task.get() != task {
                return;
            }
        }
        let name = shop.desk.borrow().file_name(format);
        post(&Reply::File {
            name,
            media_type: match format {
                Format::Csv => "text/csv;charset=utf-8",
                Format::Xlsx => XLSX,
            }
            .to_owned(),
            guarded: export.guarded,
        });
        shop.desk.borrow_mut().saved();
        shop.report();
    });
}

/// Makes the workbook to fill in.
pub fn template(shop: &Rc<Shop>) {
    let desk = shop.desk.borrow();
    let start = desk.start();
    match filled_in(&start.service, &start.schema, &start.samples) {
        Ok(bytes) => {
            post_piece(&bytes);
            post(&Reply::File {
                name: format!("{} template.xlsx", start.service),
                media_type: XLSX.to_owned(),
                guarded: 0,
            });
        }
        Err(refusal) => refuse(Asked::Export, &refusal),
    }
}
