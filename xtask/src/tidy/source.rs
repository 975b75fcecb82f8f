//! A Rust file taken apart as far as the rules need it: code without comments and texts, the
//! comments, the texts, and which lines are tests. It is a scanner, not a parser.

/// One line of a file.
#[derive(Debug, Default, Clone)]
pub struct Line {
    /// The code, with comments and the insides of texts and characters left out.
    pub code: String,
    /// The text of comments on this line.
    pub comment: String,
    /// Whether it belongs to a test.
    pub test: bool,
}

/// A string literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// The line that it starts on, from 1.
    pub line: usize,
    /// What stands between the quotes, escapes as written.
    pub text: String,
}

/// A scanned Rust file.
#[derive(Debug, Default)]
pub struct Source {
    /// Its lines.
    pub lines: Vec<Line>,
    /// Its string literals, raw and plain.
    pub literals: Vec<Literal>,
    /// Modules in files of their own that are declared under `#[cfg(test)]`.
    pub test_modules: Vec<String>,
}

impl Source {
    /// Scans a file. Any text is accepted; what is no Rust gives some answer and no panic.
    pub fn read(text: &str) -> Self {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let mut scanner = Scanner {
            rest: text.chars().collect(),
            at: 0,
            source: Self::default(),
        };
        scanner.source.lines.push(Line::default());
        scanner.scan();
        let mut source = scanner.source;
        source.find_tests();
        source
    }

    /// The lines of code outside tests, with their numbers from 1.
    pub fn product_code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.lines.iter().enumerate().filter(|(_, line)| !line.test);
        numbered.map(|(index, line)| (index + 1, line.code.as_str()))
    }

    /// The string literals outside tests.
    pub fn product_literals(&self) -> impl Iterator<Item = &Literal> {
        self.literals
            .iter()
            .filter(|literal| !self.lines[literal.line - 1].test)
    }

    /// Declares the whole file a test.
    pub fn mark_all_as_test(&mut self) {
        for line in &mut self.lines {
            line.test = true;
        }
    }

    fn find_tests(&mut self) {
        const MARKS: [&str; 5] = [
            "#[cfg(test)]",
            "#[cfg(all(test",
            "#[cfg(any(test",
            "#[test]",
            "#[tokio::test",
        ];
        if self
            .lines
            .iter()
            .any(|line| line.code.contains("#![cfg(test)]"))
        {
            self.mark_all_as_test();
            return;
        }
        let starts: Vec<usize> = (0..self.lines.len())
            .filter(|&index| {
                MARKS
                    .iter()
                    .any(|mark| self.lines[index].code.contains(mark))
            })
            .collect();
        for start in starts {
            self.mark_item(start);
        }
    }

    /// Marks the item that follows the attribute on this line: up to its closing brace, or to its
    /// semicolon.
    fn mark_item(&mut self, start: usize) {
        let (mut braces, mut others, mut opened) = (0_i32, 0_i32, false);
        let mut head = String::new();
        for index in start..self.lines.len() {
            self.lines[index].test = true;
            let code = self.lines[index].code.clone();
            for character in code.chars() {
                match character {
                    '{' => {
                        braces += 1;
                        opened = true;
                    }
                    '}' => braces -= 1,
                    '(' | '[' => others += 1,
                    ')' | ']' => others -= 1,
                    ';' if !opened && others == 0 => {
                        self.test_modules.extend(declared_module(&head));
                        return;
                    }
                    _ => {}
                }
                head.push(character);
                if opened && braces == 0 {
                    return;
                }
            }
            head.push(' ');
        }
    }
}

fn declared_module(head: &str) -> Option<String> {
    let (_, name) = head.rsplit_once("mod ")?;
    let name = name.trim();
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    plain.then(|| name.to_owned())
}

/// Whether a word stands in the code by itself, not as a part of a longer name.
pub fn mentions(code: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let starts = !word.starts_with(part_of_name) || !before.is_some_and(part_of_name);
        let ends = !word.ends_with(part_of_name) || !after.is_some_and(part_of_name);
        starts && ends
    })
}

struct Scanner {
    rest: Vec<char>,
    at: usize,
    source: Source,
}

impl Scanner {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.rest.get(self.at + ahead).copied()
    }

    fn line(&mut self) -> Option<&mut Line> {
        self.source.lines.last_mut()
    }

    /// Moves one character on, counting lines.
    fn step(&mut self) {
        if self.peek(0) == Some('\n') {
            self.source.lines.push(Line::default());
        }
        self.at += 1;
    }

    fn code(&mut self, character: char) {
        if character != '\n'
            && let Some(line) = self.line()
        {
            line.code.push(character);
        }
        self.step();
    }

    fn scan(&mut self) {
        let mut before = ' ';
        while let Some(character) = self.peek(0) {
            match (character, self.peek(1)) {
                ('/', Some('/')) => self.line_comment(),
                ('/', Some('*')) => self.block_comment(),
                ('"', _) => self.text(),
                ('\'', _) => self.character_or_lifetime(),
                ('r' | 'b' | 'c', _) if !before.is_alphanumeric() && before != '_' => {
                    self.perhaps_raw_text();
                }
                _ => self.code(character),
            }
            before = self
                .rest
                .get(self.at.wrapping_sub(1))
                .copied()
                .unwrap_or(' ');
        }
    }

    fn line_comment(&mut self) {
        while let Some(character) = self.peek(0).filter(|&character| character != '\n') {
            self.comment(character);
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while let Some(character) = self.peek(0) {
            let pair = (character, self.peek(1));
            match pair {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => {
                    self.comment(character);
                    continue;
                }
            }
            self.at += 2;
            if depth == 0 {
                return;
            }
        }
    }

    fn comment(&mut self, character: char) {
        if character != '\n'
            && let Some(line) = self.line()
        {
            line.comment.push(character);
        }
        self.step();
    }

    fn text(&mut self) {
        let line = self.source.lines.len();
        self.code('"');
        let mut text = String::new();
        while let Some(character) = self.peek(0).filter(|&character| character != '"') {
            text.push(character);
            self.step();
            if character == '\\' {
                text.extend(self.peek(0));
                self.step();
            }
        }
        self.code('"');
        self.source.literals.push(Literal { line, text });
    }

    /// `r"…"`, `r#"…"#`, `br"…"`, or just a name that begins with such a letter.
    fn perhaps_raw_text(&mut self) {
        let mut ahead = 0;
        while matches!(self.peek(ahead), Some('b' | 'c')) && ahead == 0 {
            ahead += 1;
        }
        if self.peek(ahead) != Some('r') {
            let character = self.peek(0).unwrap_or(' ');
            return self.code(character);
        }
        let mut hashes = 0;
        while self.peek(ahead + 1 + hashes) == Some('#') {
            hashes += 1;
        }
        if self.peek(ahead + 1 + hashes) != Some('"') {
            let character = self.peek(0).unwrap_or(' ');
            return self.code(character);
        }
        for _ in 0..ahead + 1 + hashes {
            self.step();
        }
        let line = self.source.lines.len();
        self.code('"');
        let mut text = String::new();
        while let Some(character) = self.peek(0) {
            if character == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                break;
            }
            text.push(character);
            self.step();
        }
        self.code('"');
        for _ in 0..hashes {
            self.step();
        }
        self.source.literals.push(Literal { line, text });
    }

    fn character_or_lifetime(&mut self) {
        let literal = self.peek(1) == Some('\\') || self.peek(2) == Some('\'');
        self.code('\'');
        if !literal {
            return;
        }
        if self.peek(0) == Some('\\') {
            self.step();
        }
        self.step();
        while let Some(character) = self.peek(0).filter(|&character| character != '\n') {
            self.step();
            if character == '\'' {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<String> {
        Source::read(text)
            .lines
            .iter()
            .map(|line| line.code.trim_end().to_owned())
            .collect()
    }

    #[test]
    fn comments_and_the_insides_of_texts_are_no_code() {
        assert_eq!(
            code("a(); // b()\nc(/* d */ \"e\\\"f\"); g"),
            ["a();", "c( \"\"); g"]
        );
        assert_eq!(code("a /* b\nc */ d"), ["a", " d"]);
        assert_eq!(
            code(r##"x(r#"in "side"#, b"y", br"z")"##),
            [r#"x("", b"", "")"#]
        );
        assert_eq!(
            code("let q = '\"'; f::<'a>('\\'', 'b')"),
            ["let q = '; f::<'a>(', ')"]
        );
    }

    #[test]
    fn literals_are_found_with_their_line() {
        let source = Source::read("a(\"one\");\nb(r\"two\nthree\");\nc(\"four\\n\")");
        let found: Vec<(usize, &str)> = source
            .literals
            .iter()
            .map(|literal| (literal.line, literal.text.as_str()))
            .collect();
        assert_eq!(found, [(1, "one"), (2, "two\nthree"), (4, "four\\n")]);
    }

    #[test]
    fn comments_are_kept_beside_the_code() {
        let source = Source::read("// SAFETY: because\nunsafe {}\n");
        assert_eq!(source.lines[0].comment, "// SAFETY: because");
        assert_eq!(source.lines[1].comment, "");
    }

    #[test]
    fn tests_are_told_apart_from_the_product() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() { if x {} }\n}\nfn c() {}\n\
                    #[cfg(test)]\nmod more;\nfn d() {}\n#[test]\nfn e(\n) {\n}\nfn f() {}";
        let source = Source::read(text);
        let product: Vec<usize> = source.product_code().map(|(line, _)| line).collect();
        assert_eq!(product, [1, 6, 9, 14]);
        assert_eq!(source.test_modules, ["more"]);
    }

    #[test]
    fn a_word_is_found_by_itself_alone() {
        assert!(mentions("use axum::Router;", "axum"));
        assert!(mentions("http::StatusCode", "http::"));
        assert!(!mentions("axumish(axum_like, my_axum)", "axum"));
        assert!(!mentions("crate_http::x", "http::"));
    }

    #[test]
    fn what_is_no_rust_is_scanned_without_a_panic() {
        for text in [
            "\"open",
            "r#\"open",
            "/* open",
            "'",
            "'\\",
            "b",
            "#[cfg(test)]",
            "\\\"\\",
        ] {
            Source::read(text);
        }
    }
}
