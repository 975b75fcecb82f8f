//! Reading a file or a paste onto the desk, piece by piece.

use super::outbox::refuse;
use super::scope::pause;
use super::{Shop, facts};
use js_sys::Uint8Array;
use portico_tabular::html;
use portico_tabular::intake::Reader;
use portico_tabular::kind::{self, Kind};
use portico_tabular::limits;
use portico_tabular::protocol::{Asked, How};
use portico_tabular::refusal::Refusal;
use portico_tabular::xlsx::read::Book;
use std::rc::Rc;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, File};

/// Bytes that decide what a file is and how it is read: little, so that the first rows are there at once.
const HEAD: f64 = 262_144.0;
/// Bytes of the pieces after it: some tens of milliseconds of work.
const PIECE: f64 = 1_048_576.0;
/// How long the page is left alone with the first rows, in milliseconds: what it runs then it runs for the
/// first time, and compiles on the way, which was seen to take some 200.
const FIRST_ROWS_MS: f64 = 250.0;

/// Where a table came from.
#[derive(Clone)]
pub enum Origin {
    /// A file of the person's own machine.
    File {
        /// Its name.
        name: String,
        /// It.
        file: File,
    },
    /// The clipboard.
    Pasted {
        /// As HTML.
        html: String,
        /// As text.
        text: String,
    },
}

/// Reads; what was on the desk is gone.
pub fn read(shop: &Rc<Shop>, origin: Origin, how: How) {
    shop.calls.cancel();
    let task = shop.take_over();
    // At once, so that it can be read in another way before it is read to its end.
    *shop.origin.borrow_mut() = Some(origin.clone());
    let shop = Rc::clone(shop);
    spawn_local(async move {
        let done = match &origin {
            Origin::File { name, file } => read_file(&shop, task, name, file, &how).await,
            Origin::Pasted { html, text } => read_paste(&shop, html, text, &how),
        };
        if shop.task.get() != task {
            return;
        }
        if let Err(refusal) = done {
            shop.desk.borrow_mut().clean();
            refuse(Asked::Read, &refusal);
        }
        shop.report();
    });
}

fn read_paste(shop: &Shop, html: &str, text: &str, how: &How) -> Result<(), Refusal> {
    let rows = html::pasted(html, text)?;
    let facts = facts("Pasted rows", "paste", how);
    shop.desk.borrow_mut().take_rows(facts, &rows, how.header)
}

async fn read_file(
    shop: &Rc<Shop>,
    task: u32,
    name: &str,
    file: &File,
    how: &How,
) -> Result<(), Refusal> {
    let size = file.size();
    let head = piece(file, 0.0, HEAD.min(size)).await?;
    match kind::of(&head, name)? {
        Kind::Workbook => read_workbook(shop, task, name, file, how).await,
        kind => read_text(shop, task, name, file, how, kind == Kind::Gzip).await,
    }
}

async fn read_text(
    shop: &Rc<Shop>,
    task: u32,
    name: &str,
    file: &File,
    how: &How,
    packed: bool,
) -> Result<(), Refusal> {
    let size = file.size();
    let mut how = how.clone();
    let mut at = 0.0;
    start_text(shop, name, &how, size, packed)?;
    let mut next = start_piece(file, at, HEAD.min(size));
    while at < size {
        let bytes = finish_piece(next).await?;
        if shop.task.get() != task {
            return Ok(());
        }
        at += f64::from(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        // The browser fetches the next piece while this one is taken in.
        next = start_piece(file, at, (at + PIECE).min(size));
        let decided = shop.desk.borrow_mut().take_piece(&bytes, at)?;
        if decided && how.header.is_none() {
            how.header = shop.desk.borrow().other_header();
            if how.header.is_some() {
                at = 0.0;
                start_text(shop, name, &how, size, packed)?;
                next = start_piece(file, at, HEAD.min(size));
                continue;
            }
        }
        if decided {
            shop.report();
            // The page shows the first rows now: on a machine of two cores it needs one for that.
            pause(FIRST_ROWS_MS).await;
        } else {
            shop.report_sometimes();
            // Requests that came meanwhile go first.
            pause(0.0).await;
        }
    }
    if shop.task.get() == task {
        shop.desk.borrow_mut().finish_text()?;
    }
    Ok(())
}

fn start_text(shop: &Shop, name: &str, how: &How, size: f64, packed: bool) -> Result<(), Refusal> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a file's size is a whole number"
    )]
    let reader = Reader::new(how, packed, size as u64)?;
    let facts = facts(name, "csv", how);
    shop.desk.borrow_mut().begin_text(facts, reader, size);
    Ok(())
}

async fn read_workbook(
    shop: &Rc<Shop>,
    task: u32,
    name: &str,
    file: &File,
    how: &How,
) -> Result<(), Refusal> {
    let size = file.size();
    #[expect(
        clippy::cast_precision_loss,
        reason = "the limit is far below what a double counts exactly"
    )]
    if size > limits::WORKBOOK_BYTES as f64 {
        return Err(Refusal::new(
            "too_large",
            "This workbook is larger than 1 GB. Save the sheet as CSV: that can be larger.",
        ));
    }
    let bytes = piece(file, 0.0, size).await?;
    let mut book = Book::open(bytes)?;
    let sheet = match how.sheet {
        Some(sheet) => sheet,
        None => book.first_filled()?,
    };
    let read = book.read(sheet, how.header, &mut |rows| {
        shop.desk.borrow_mut().say_reading(rows);
        shop.report_sometimes();
    })?;
    if shop.task.get() != task {
        return Ok(());
    }
    let mut facts = facts(name, "xlsx", how);
    facts.sheet = Some(sheet);
    facts.sheets = book
        .sheets()
        .iter()
        .map(|sheet| sheet.name.clone())
        .collect();
    shop.desk.borrow_mut().take_sheet(facts, read);
    Ok(())
}

/// Bytes that the browser fetches.
fn start_piece(file: &File, from: f64, to: f64) -> Option<JsFuture> {
    let blob: &Blob = file;
    let slice = blob.slice_with_f64_and_f64(from, to).ok()?;
    Some(JsFuture::from(slice.array_buffer()))
}

async fn finish_piece(piece: Option<JsFuture>) -> Result<Vec<u8>, Refusal> {
    let gone = || {
        Refusal::new(
            "file_gone",
            "The file can’t be read any more. It was moved or changed meanwhile; choose it again.",
        )
    };
    let buffer = piece.ok_or_else(gone)?.await.map_err(|_| gone())?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

async fn piece(file: &File, from: f64, to: f64) -> Result<Vec<u8>, Refusal> {
    finish_piece(start_piece(file, from, to)).await
}
