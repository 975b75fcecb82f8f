//! Link options of the modules for the browser. Natively there is nothing to set.

/// What the spreadsheet's worker may hold, in bytes: a table that needs more is refused by the
/// worker's own memory, not by the machine's.
const WORKER_MEMORY: u32 = 2 << 30;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo::rustc-link-arg-bin=sheet_worker=--max-memory={WORKER_MEMORY}");
    }
}
