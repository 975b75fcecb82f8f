//! Names of containers and blobs, by the rules of the storage that classic used.

/// Characters of a blob's name at most.
const NAME_MAX: usize = 1024;

/// Container and name of a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobName {
    /// The container: 3 to 63 small letters, digits and single hyphens.
    pub container: String,
    /// The name: 1 to 1,024 characters, parted by slashes.
    pub name: String,
}

/// Why a text names no blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// There is no container.
    #[error("there is no container: it is /container/name")]
    NoContainer,
    /// The container's name breaks a rule.
    #[error(
        "a container has 3 to 63 small letters, digits and single hyphens, and begins and ends with a letter or digit"
    )]
    Container,
    /// There is no name.
    #[error("there is no blob name after the container")]
    NoName,
    /// The name is too long.
    #[error("a blob name has at most {NAME_MAX} characters")]
    TooLong,
    /// The name holds what it must not.
    #[error(
        "a blob name has no control characters, no backslash and no empty part, `.` or `..` between its slashes"
    )]
    Name,
}

/// What a blob's ending says of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Cells parted by commas.
    Csv,
    /// Cells parted by tabs.
    Tsv,
}

impl BlobName {
    /// Reads `container/name`, with or without a slash before it.
    ///
    /// # Errors
    /// [`NameProblem`].
    pub fn parse(text: &str) -> Result<Self, NameProblem> {
        let text = text.strip_prefix('/').unwrap_or(text);
        let (container, name) = text.split_once('/').unwrap_or((text, ""));
        if container.is_empty() {
            return Err(NameProblem::NoContainer);
        }
        if !is_container(container) {
            return Err(NameProblem::Container);
        }
        if name.is_empty() {
            return Err(NameProblem::NoName);
        }
        if name.chars().count() > NAME_MAX {
            return Err(NameProblem::TooLong);
        }
        let odd = |part: &str| matches!(part, "" | "." | "..");
        if name.chars().any(|c| c.is_control() || c == '\\') || name.split('/').any(odd) {
            return Err(NameProblem::Name);
        }
        Ok(Self {
            container: container.to_owned(),
            name: name.to_owned(),
        })
    }

    /// What its ending says; `None` for an ending that is no table's here.
    pub fn form(&self) -> Option<Form> {
        let (_, ending) = self.name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Some(Form::Csv),
            "tsv" => Some(Form::Tsv),
            _ => None,
        }
    }

    /// As part of a URL, without a slash before it.
    pub fn in_url(&self) -> String {
        format!("{}/{}", self.container, encoded(&self.name, true))
    }
}

/// Whether a text is a container's name.
pub fn is_container(text: &str) -> bool {
    (3..=63).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

/// A text for a URL: all but unreserved characters (RFC 3986) are written in hexadecimal.
pub fn encoded(text: &str, keep_slashes: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~')
            || (keep_slashes && byte == b'/')
        {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    out
}

/// The text that a part of a URL's path stands for; `None` if it is not UTF-8 or an escape is broken.
pub fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let Some((&first, rest)) = bytes.split_first() {
        if first == b'%' {
            let mut byte = [0];
            hex::decode_to_slice(rest.get(..2)?, &mut byte).ok()?;
            out.push(byte[0]);
            bytes = rest.get(2..)?;
        } else {
            out.push(first);
            bytes = rest;
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_before_it_makes_no_difference() {
        let name = BlobName::parse("/data/2026/in put.CSV").unwrap();
        assert_eq!(BlobName::parse("data/2026/in put.CSV"), Ok(name.clone()));
        assert_eq!((&*name.container, &*name.name), ("data", "2026/in put.CSV"));
        assert_eq!(name.form(), Some(Form::Csv));
        assert_eq!(name.in_url(), "data/2026/in%20put.CSV");
        assert_eq!(
            decoded("2026/in%20put.CSV").as_deref(),
            Some("2026/in put.CSV")
        );
    }

    #[test]
    fn each_broken_rule_is_told() {
        let check = |text: &str, problem| assert_eq!(BlobName::parse(text), Err(problem), "{text}");
        check("", NameProblem::NoContainer);
        check("/", NameProblem::NoContainer);
        check("//a.csv", NameProblem::NoContainer);
        for container in [
            "ab",
            "Data",
            "a_b",
            "-ab",
            "ab-",
            "a--b",
            "..",
            &"a".repeat(64),
        ] {
            check(&format!("{container}/x.csv"), NameProblem::Container);
        }
        check("data", NameProblem::NoName);
        check("data/", NameProblem::NoName);
        check(&format!("data/{}", "x".repeat(1025)), NameProblem::TooLong);
        for name in ["a//b", "../x.csv", "a/./b", "a\\b", "a\nb", "a/"] {
            check(&format!("data/{name}"), NameProblem::Name);
        }
    }

    #[test]
    fn endings_are_known_in_any_case() {
        let form = |text: &str| BlobName::parse(&format!("data/{text}")).unwrap().form();
        assert_eq!(form("a.tsv"), Some(Form::Tsv));
        for name in ["a", "a.arff", "a.xlsx", "csv"] {
            assert_eq!(form(name), None, "{name}");
        }
    }

    #[test]
    fn broken_escapes_are_no_text() {
        for text in ["%", "%1", "%zz", "%ff"] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }
}
