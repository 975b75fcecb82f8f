//! The elements of a tensor's `data` in JSON, flat or nested, one after another, without building a
//! tree of them: the text was found to be JSON before.

use std::borrow::Cow;

/// How many elements a tensor has, as its `shape` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Rows.
    pub(super) rows: usize,
    /// Elements of a row.
    pub(super) width: usize,
}

impl Shape {
    /// Elements in all; `None` if that is no number of this machine.
    pub(super) fn count(self) -> Option<usize> {
        self.rows.checked_mul(self.width)
    }
}

/// One element.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Element<'t> {
    Null,
    Bool(bool),
    /// A number as it is written.
    Number(&'t str),
    Text(Cow<'t, str>),
}

/// Hands over the elements of `data` in order. Exactly as many as the shape says, or an error in words;
/// of an element that is refused, its place is told too.
///
/// # Errors
/// What is wrong with the data, as the second half of a sentence.
pub(super) fn each<'t>(
    data: &'t str,
    shape: Shape,
    count: usize,
    mut take: impl FnMut(Element<'t>) -> Result<(), String>,
) -> Result<(), String> {
    let mut walk = Walk { text: data, at: 0 };
    if walk.next() != Some(Token::Open) {
        return Err("data is not a list".to_owned());
    }
    let too_many = || format!("data has more than the {count} elements that its shape says");
    let mut taken = 0;
    // Where the row at hand began, while inside of one.
    let mut row: Option<usize> = None;
    let mut nested = None;
    loop {
        let element = match walk.next() {
            Some(Token::Open) if row.is_some() => {
                return Err("data is nested deeper than rows of elements".to_owned());
            }
            Some(Token::Open) => {
                if *nested.get_or_insert(true) {
                    row = Some(taken);
                    continue;
                }
                return Err(mixed());
            }
            Some(Token::Close) => match row.take() {
                Some(start) if taken - start != shape.width => {
                    return Err(format!(
                        "row {} of data has {} elements, its shape says {}",
                        start.checked_div(shape.width).unwrap_or(0),
                        taken - start,
                        shape.width
                    ));
                }
                Some(_) => continue,
                None => break,
            },
            Some(Token::Object) => return Err("data holds an object".to_owned()),
            Some(Token::Element(element)) => element,
            None => return Err("data is not a whole list".to_owned()),
        };
        if row.is_none() && *nested.get_or_insert(false) {
            return Err(mixed());
        }
        if taken == count {
            return Err(too_many());
        }
        take(element).map_err(|why| format!("element {taken} of data: {why}"))?;
        taken += 1;
    }
    if taken < count {
        return Err(format!("data has {taken} elements, its shape says {count}"));
    }
    Ok(())
}

fn mixed() -> String {
    "data mixes elements and lists of them".to_owned()
}

#[derive(Debug, PartialEq)]
enum Token<'t> {
    Open,
    Close,
    Object,
    Element(Element<'t>),
}

/// A walk over JSON text that is known to be valid.
struct Walk<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Walk<'t> {
    fn next(&mut self) -> Option<Token<'t>> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at)?, b' ' | b'\t' | b'\n' | b'\r' | b',') {
            self.at += 1;
        }
        let start = self.at;
        self.at += 1;
        Some(match bytes[start] {
            b'[' => Token::Open,
            b']' => Token::Close,
            b'"' => Token::Element(Element::Text(self.string(start)?)),
            b't' => self.word(start, "true", Element::Bool(true))?,
            b'f' => self.word(start, "false", Element::Bool(false))?,
            b'n' => self.word(start, "null", Element::Null)?,
            b'-' | b'0'..=b'9' => {
                let more = bytes[self.at..]
                    .iter()
                    .take_while(|byte| {
                        matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')
                    })
                    .count();
                self.at += more;
                Token::Element(Element::Number(self.text.get(start..self.at)?))
            }
            _ => Token::Object,
        })
    }

    fn word(&mut self, start: usize, word: &str, element: Element<'t>) -> Option<Token<'t>> {
        self.at = start + word.len();
        (self.text.get(start..self.at)? == word).then_some(Token::Element(element))
    }

    /// A string from its opening quote on.
    fn string(&mut self, start: usize) -> Option<Cow<'t, str>> {
        let bytes = self.text.as_bytes();
        let mut escaped = false;
        loop {
            match bytes.get(self.at)? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        let inner = self.at;
        self.at += 1;
        if escaped {
            return serde_json::from_str(self.text.get(start..self.at)?).ok();
        }
        self.text.get(start + 1..inner).map(Cow::Borrowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(data: &str, rows: usize, width: usize) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        let take = |element| {
            found.push(match element {
                Element::Null => "null".to_owned(),
                Element::Bool(flag) => flag.to_string(),
                Element::Number(text) => text.to_owned(),
                Element::Text(text) => format!("{text:?}"),
            });
            Ok(())
        };
        each(data, Shape { rows, width }, rows * width, take).map(|()| found)
    }

    #[test]
    fn flat_and_nested_read_alike() {
        let expected = Ok(["1", "-2.5e3", "true", "null", "\"a,]\"", "false"]
            .map(String::from)
            .to_vec());
        let flat = r#" [1, -2.5e3,true ,null,"a,]",false]"#;
        assert_eq!(read(flat, 2, 3), expected);
        assert_eq!(read(flat, 6, 1), expected);
        let nested = "[[1,-2.5e3,true],\n[null,\"a,]\" , false ] ]";
        assert_eq!(read(nested, 2, 3), expected);
        assert_eq!(
            read("[[1],[2]]", 2, 1),
            Ok(vec!["1".to_owned(), "2".to_owned()])
        );
        assert_eq!(read("[]", 0, 1), Ok(vec![]));
        assert_eq!(
            read(r#"["\u00fc\"\\"]"#, 1, 1),
            Ok(vec![r#""ü\"\\""#.to_owned()])
        );
    }

    #[test]
    fn what_does_not_fit_the_shape_is_named() {
        let check = |data: &str, rows, width, words: &str| {
            let why = read(data, rows, width).unwrap_err();
            assert!(why.contains(words), "{data}: {why}");
        };
        check("7", 1, 1, "not a list");
        check("{}", 1, 1, "not a list");
        check("[1]", 2, 1, "has 1 elements, its shape says 2");
        check("[1,2,3]", 2, 1, "more than the 2");
        check(
            "[[1,2],[3]]",
            2,
            2,
            "row 1 of data has 1 elements, its shape says 2",
        );
        check("[[1,2,3],[4]]", 2, 2, "row 0 of data has 3 elements");
        check("[[1],2]", 2, 1, "mixes");
        check("[1,[2]]", 2, 1, "mixes");
        check("[[[1]]]", 1, 1, "deeper");
        check("[{\"a\":1}]", 1, 1, "an object");
        check("[[1,2]]", 2, 1, "row 0");
        check("[[]]", 1, 1, "row 0");
    }

    #[test]
    fn a_refused_element_is_told_by_its_place() {
        let shape = Shape { rows: 3, width: 1 };
        let refuse = |element| match element {
            Element::Null => Err("no".to_owned()),
            _ => Ok(()),
        };
        let why = each("[1,2,null]", shape, 3, refuse).unwrap_err();
        assert_eq!(why, "element 2 of data: no");
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[\\[\\]{}\",:ntrueflas\\\\ 0-9.ü-]{0,40}", rows in 0usize..4, width in 0usize..4) {
            let _ = read(&text, rows, width);
            let _ = read(&format!("[{text}"), rows, width);
        }

        #[test]
        fn texts_come_through(texts: Vec<String>) {
            let data = serde_json::to_string(&texts).unwrap();
            let expected: Vec<String> = texts.iter().map(|text| format!("{text:?}")).collect();
            prop_assert_eq!(read(&data, texts.len(), 1), Ok(expected));
        }
    }
}
