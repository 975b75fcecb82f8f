//! Several texts in one field: categories apart by commas, column names as they are pasted.

/// The names in a text: one a line, or apart by tabs, else by commas.
pub fn names_in(text: &str) -> Vec<String> {
    let by = if text.trim().contains('\n') {
        '\n'
    } else if text.contains('\t') {
        '\t'
    } else {
        ','
    };
    text.split(by)
        .map(|name| {
            let name = name.trim().trim_end_matches(',');
            name.trim_matches(['"', '\'']).trim().to_owned()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

/// Texts with commas between them; one that holds a comma, a quote or blanks at its ends stands in quotes.
pub fn listed(texts: &[String]) -> String {
    let one = |text: &String| {
        if text.contains([',', '"']) || text.trim() != text || text.is_empty() {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.clone()
        }
    };
    texts.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The texts that [`listed`] wrote, or a person did.
///
/// # Errors
/// What is wrong, in words.
pub fn list(text: &str) -> Result<Vec<String>, &'static str> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (one, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_text(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].trim().to_owned(), &rest[end..])
            }
        };
        rest = match after.trim_start().strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if after.trim().is_empty() => "",
            None => return Err("A comma is missing after a quote."),
        };
        if found.contains(&one) {
            return Err("A value stands here twice.");
        }
        found.push(one);
    }
    Ok(found)
}

/// A text up to its closing quote, and what follows it.
fn quoted_text(text: &str) -> Result<(String, &str), &'static str> {
    let mut one = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"').ok_or("A quote is not closed.")?;
        one.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                one.push('"');
                rest = more;
            }
            None => return Ok((one, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_written_and_read_alike() {
        for texts in [
            vec![],
            vec!["a", "b"],
            vec!["a, b", "c \"d\"", " e", ""],
            vec!["Größe", "x\"y"],
        ] {
            let texts: Vec<String> = texts.into_iter().map(str::to_owned).collect();
            assert_eq!(list(&listed(&texts)), Ok(texts));
        }
        assert_eq!(
            list("a,b ,  c"),
            Ok(vec!["a".into(), "b".into(), "c".into()])
        );
        assert!(list("a, a").is_err());
        assert!(list("\"a").is_err());
        assert!(list("\"a\" b").is_err());
    }

    #[test]
    fn column_names_come_in_any_usual_form() {
        let expected = vec!["sepal length".to_owned(), "petal".to_owned()];
        for text in [
            "sepal length\npetal\n",
            "sepal length, petal",
            "sepal length\tpetal",
            "\"sepal length\",\n\"petal\"",
        ] {
            assert_eq!(names_in(text), expected, "{text}");
        }
    }
}
