//! With which quote and escape a text is written, for a delimiter.

use crate::csv::Grammar;
use memchr::memmem;

/// Chooses quote and escape. The quote is `"` unless `'` stands around cells and `"` does not.
pub fn choose(sample: &[u8], delimiter: Option<u8>) -> Grammar {
    let quote = if around_cells(sample, b'"', delimiter) == 0 && is_by_apostrophe(sample, delimiter)
    {
        b'\''
    } else {
        b'"'
    };
    let plain = Grammar {
        delimiter,
        quote: Some(quote),
        escape: None,
        spaced: false,
    };
    if memmem::find(sample, &[b'\\', quote]).is_none() {
        return plain;
    }
    let escaped = Grammar {
        escape: Some(b'\\'),
        ..plain
    };
    if damage(sample, escaped) < damage(sample, plain) {
        escaped
    } else {
        plain
    }
}

/// Whether apostrophes quote cells: those of the first line, or a quarter of all.
fn is_by_apostrophe(sample: &[u8], delimiter: Option<u8>) -> bool {
    let count = around_cells(sample, b'\'', delimiter);
    if count < 2 {
        return false;
    }
    let breaks = |byte: &&u8| matches!(byte, b'\n') || Some(**byte) == delimiter;
    let cells = 1 + sample.iter().filter(breaks).count();
    let first = sample.split(|byte| matches!(byte, b'\n' | b'\r')).next();
    count * 4 >= cells || first.is_some_and(|line| around_cells(line, b'\'', delimiter) > 0)
}

/// How many cells that hold something have this quote both where they begin and where they end, on one line. An apostrophe
/// has mostly one side: `'til`, `the Joneses'`.
fn around_cells(sample: &[u8], quote: u8, delimiter: Option<u8>) -> usize {
    let edge = |byte: Option<&u8>| {
        byte.is_none_or(|byte| matches!(byte, b'\n' | b'\r') || Some(*byte) == delimiter)
    };
    // Behind a delimiter a space is looked over, as in `'a', 'b'`.
    let before = |at: usize| match sample[..at] {
        [.., byte, b' '] if Some(byte) == delimiter => Some(byte),
        [.., byte] => Some(byte),
        [] => None,
    };
    let mut count = 0;
    let mut open = None;
    for at in memchr::memchr_iter(quote, sample) {
        match open {
            Some(from) if edge(sample.get(at + 1)) => {
                count += usize::from(at > from + 1);
                open = None;
            }
            _ if edge(before(at).as_ref()) => open = Some(at),
            _ => {}
        }
    }
    count
}

/// Whether more cells are quoted as they should be than have something behind a quote.
pub fn is_quoted(sample: &[u8], grammar: Grammar) -> bool {
    let quote = grammar.quote.unwrap_or(b'"');
    let lines = sample.split(|byte| matches!(byte, b'\n' | b'\r'));
    // On one line: over several, quotes that are mere characters look like those of a cell.
    let cells: usize = lines
        .map(|line| around_cells(line, quote, grammar.delimiter))
        .sum();
    cells as u64 > damage(sample, grammar)
}

/// How often a closing quote is followed by something else than the end of its cell, and whether a quote
/// stays open.
fn damage(sample: &[u8], grammar: Grammar) -> u64 {
    let mut scanner = crate::csv::scan::Scanner::new(grammar, 0);
    let open = scanner.scan(sample, true, |_| {}).is_err();
    scanner.stray.count + u64::from(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sample: &str, delimiter: u8, quote: char, escape: bool) {
        let found = choose(sample.as_bytes(), Some(delimiter));
        assert_eq!(found.quote.map(char::from), Some(quote), "{sample:?}");
        assert_eq!(found.escape.is_some(), escape, "{sample:?}");
    }

    #[test]
    fn apostrophes_are_quotes_only_around_cells() {
        check("a,b\n1,2\n", b',', '"', false);
        check("'a','b'\n'1','x,y'\n", b',', '\'', false);
        check("'a', 'b'\n'1', 'x,y'\n", b',', '\'', false);
        check(
            "name,song\n'Til,O'Brien\nit's,the Joneses'\n",
            b',',
            '"',
            false,
        );
        check("a,b\nx,''\n'',y\n", b',', '"', false);
        check("a,b\nx,'y'\n'z',y\n1,2\n3,4\n5,6\n", b',', '"', false);
        check("\"a\",'b'\n'c',\"d\"\n", b',', '"', false);
    }

    #[test]
    fn backslashes_escape_only_where_that_mends_something() {
        check(r#"a,"say \"hi\", you""#, b',', '"', true);
        check("path,x\n\"C:\\\",1\n\"D:\\\",2\n", b',', '"', false);
        check("a,\"b \\\"\" c\"\n", b',', '"', false);
        check("a,\"b \"\"\\\" c\"\n", b',', '"', true);
        check("'it\\'s','b'\n'c','d'\n", b',', '\'', true);
    }
}
