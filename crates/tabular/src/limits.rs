//! How much of a file is taken in. Each limit is enforced before the parser behind it buffers anything,
//! because a small file can ask for a large memory.

/// The most bytes of a record of a text table. One unclosed quote would otherwise take the whole file.
pub const RECORD_BYTES: usize = 1 << 20;
/// The most fields of a record; a line of nothing but delimiters would otherwise take gigabytes.
pub const FIELDS: usize = 10_000;
/// The most columns of a table.
pub const COLUMNS: usize = 8_192;
/// The most bytes of a text table: offsets are 32 bits wide.
pub const TEXT_BYTES: u64 = (1 << 32) - 1;
/// The most bytes of a workbook's file.
pub const WORKBOOK_BYTES: u64 = 1 << 30;
/// The most entries of a workbook's package.
pub const PACKAGE_ENTRIES: usize = 2_000;
/// The most bytes of all inflated parts of a workbook.
pub const INFLATED_BYTES: u64 = 1 << 30;
/// The most bytes of the inflated shared strings of a workbook.
pub const SHARED_STRINGS_BYTES: u64 = 256 << 20;
/// How many times larger than its file a part may become, once it is past [`RATIO_FROM`].
pub const RATIO: u64 = 100;
/// Where [`RATIO`] begins to count, in inflated bytes.
pub const RATIO_FROM: u64 = 10 << 20;
/// The most empty rows between two filled ones of a workbook; past it, a value stands far off by mistake.
pub const EMPTY_ROWS: u32 = 100_000;
/// The most bytes of text in one cell of a workbook that is written (what Excel takes, in characters).
pub const XLSX_CELL_CHARS: usize = 32_767;
/// The most rows of a sheet that is written, its header counted.
pub const XLSX_ROWS: u32 = 1_048_576;
