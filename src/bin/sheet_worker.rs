//! The spreadsheet's web worker: the desk of `portico-tabular` behind messages. It reads the file, sends
//! the calls and keeps the time; what all of it means is the desk's. The page stays free meanwhile.

#[path = "../client/mod.rs"]
#[expect(dead_code, reason = "the worker scores and asks for nothing else")]
mod client;
#[path = "../sheet_worker/mod.rs"]
mod sheet_worker;

fn main() {
    sheet_worker::serve();
}
