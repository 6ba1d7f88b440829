//! Just enough of Rust's grammar to tell code, comments and texts apart and to measure functions.

use crate::tree::File;

/// A Rust file taken apart.
pub(crate) struct Source {
    pub(crate) file: &'static File,
    /// The file with comments and the insides of texts blanked; every byte keeps its place.
    pub(crate) code: String,
    /// Its text literals in their order.
    pub(crate) texts: Vec<Text>,
    /// Byte ranges of modules that are compiled for tests only.
    tests: Vec<(usize, usize)>,
}

/// A text literal as it is written, escapes included.
pub(crate) struct Text {
    pub(crate) at: usize,
    pub(crate) text: String,
}

/// A function with a body.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

impl Source {
    pub(crate) fn of(file: &'static File) -> Self {
        let mut scan = Scan { bytes: file.text.as_bytes(), code: Vec::new(), at: 0, texts: Vec::new() };
        scan.run();
        let code = String::from_utf8(scan.code).expect("only whole characters are blanked");
        let tests = test_modules(&code);
        Self { file, code, texts: scan.texts, tests }
    }

    /// Line of a byte, from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        1 + self.code.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count()
    }

    /// Whether a byte belongs to a test: by the file's place, or by the module around it.
    pub(crate) fn is_test(&self, at: usize) -> bool {
        let path = &self.file.path;
        path.starts_with("tests/")
            || path.contains("/tests/")
            || path.ends_with("/tests.rs")
            || self.tests.iter().any(|(from, to)| (*from..*to).contains(&at))
    }

    /// Places where `word` stands in the code as a word of its own.
    pub(crate) fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        words(&self.code, word)
    }

    pub(crate) fn functions(&self) -> Vec<Function> {
        words(&self.code, "fn").filter_map(|at| self.function(at)).collect()
    }

    fn function(&self, at: usize) -> Option<Function> {
        let name: String =
            self.code[at + 2..].trim_start().chars().take_while(|next| is_word(*next)).collect();
        let open = body(&self.code, at)?;
        let line = self.line(at);
        let lines = self.line(closing(&self.code, open)) + 1 - line;
        (!name.is_empty()).then_some(Function { name, line, lines })
    }
}

/// Places where `word` stands in `text` with no part of a word on either side.
pub(crate) fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let grows = |joint: Option<char>, end: bool| end && joint.is_some_and(is_word);
        !grows(before, word.starts_with(is_word)) && !grows(after, word.ends_with(is_word))
    })
}

pub(crate) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Where the body of what begins at `at` opens; none if it ends in a semicolon.
fn body(code: &str, at: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (offset, byte) in code.as_bytes()[at..].iter().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(at + offset),
            b';' if depth == 0 => return None,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    None
}

/// Where the bracket that opens at `open` closes.
pub(crate) fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0_i32;
    for (offset, byte) in code.as_bytes()[open..].iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + offset;
        }
    }
    code.len()
}

fn test_modules(code: &str) -> Vec<(usize, usize)> {
    let gates = code.match_indices("#[cfg(test)]");
    gates
        .filter_map(|(at, _)| body(code, at + "#[cfg(test)]".len()).map(|open| (at, closing(code, open))))
        .collect()
}

struct Scan<'a> {
    bytes: &'a [u8],
    code: Vec<u8>,
    at: usize,
    texts: Vec<Text>,
}

impl Scan<'_> {
    fn run(&mut self) {
        while self.at < self.bytes.len() {
            let rest = &self.bytes[self.at..];
            match rest {
                [b'/', b'/', ..] => {
                    self.blank(rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()))
                }
                [b'/', b'*', ..] => self.blank(comment(rest)),
                [b'"', ..] => self.text(1, quoted(rest), 1),
                [b'r', ..] if !self.inside_word() && raw_hashes(&rest[1..]).is_some() => {
                    let hashes = raw_hashes(&rest[1..]).unwrap_or_default();
                    self.text(2 + hashes, raw(rest, hashes), 1 + hashes);
                }
                [b'\'', ..] => match character(rest) {
                    Some(length) => self.blank(length),
                    None => self.keep(1),
                },
                _ => self.keep(1),
            }
        }
    }

    /// `b` and `c` before a raw text belong to it.
    fn inside_word(&self) -> bool {
        let before = |back: usize| self.at.checked_sub(back).map(|at| self.bytes[at]);
        let part = |byte: Option<u8>| byte.is_some_and(|byte| is_word(char::from(byte)));
        part(before(1)) && (!matches!(before(1), Some(b'b' | b'c')) || part(before(2)))
    }

    fn keep(&mut self, length: usize) {
        self.code.extend(&self.bytes[self.at..self.at + length]);
        self.at += length;
    }

    fn blank(&mut self, length: usize) {
        let blanked = self.bytes[self.at..self.at + length].iter();
        self.code.extend(blanked.map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
        self.at += length;
    }

    fn text(&mut self, open: usize, length: usize, close: usize) {
        let inside = &self.bytes[self.at + open..self.at + (length - close).max(open)];
        self.texts.push(Text { at: self.at, text: String::from_utf8_lossy(inside).into_owned() });
        self.keep(open);
        self.blank(length - open - close);
        self.keep(close);
    }
}

fn comment(rest: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (at, depth) = (at + 2, depth + 1),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
    }
    rest.len()
}

fn quoted(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Number of `#` if a raw text opens here.
fn raw_hashes(rest: &[u8]) -> Option<usize> {
    let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
    (rest.get(hashes) == Some(&b'"')).then_some(hashes)
}

fn raw(rest: &[u8], hashes: usize) -> usize {
    let end = [b"\"".as_slice(), "#".repeat(hashes).as_bytes()].concat();
    let inside = 2 + hashes;
    let found = rest[inside..].windows(end.len()).position(|window| window == end);
    found.map_or(rest.len(), |at| inside + at + end.len())
}

/// Length of a character literal; none for a lifetime or a label.
fn character(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        return rest[3..].iter().position(|byte| *byte == b'\'').map(|at| at + 4);
    }
    let text = std::str::from_utf8(&rest[..rest.len().min(6)])
        .or_else(|error| std::str::from_utf8(&rest[..error.valid_up_to()]));
    let first = text.ok()?.chars().nth(1)?;
    (rest.get(1 + first.len_utf8()) == Some(&b'\'')).then_some(2 + first.len_utf8())
}

mod tests {
    use super::*;

    fn taken_apart(text: &str) -> Source {
        Source::of(Box::leak(Box::new(File { path: "shared/x/src/x.rs".to_owned(), text: text.to_owned() })))
    }

    #[test]
    fn comments_and_texts_are_no_code() {
        let text =
            "a /* dbg!( /* x */ */ 'b' \"y\\\"{\" // z\nr#\"raw \" {\"# br\"}\" 'life '\\'' '文' for_r\"s\"";
        let source = taken_apart(text);
        assert_eq!(source.code.len(), text.len());
        assert!(!source.code.contains(['{', '}', 'x', 'y', 'z', '文']), "{}", source.code);
        assert!(source.code.contains("'life") && source.code.contains('\n'));
        let texts: Vec<&str> = source.texts.iter().map(|text| text.text.as_str()).collect();
        assert_eq!(texts, ["y\\\"{", "raw \" {", "}", "s"]);
    }

    #[test]
    fn functions_are_measured_with_their_signature() {
        let source = taken_apart(
            "fn a(\n  x: [u8; 2],\n) {\n  \"}\";\n}\ntrait T { fn none(); }\ntype F = fn(u8) -> u8;\nfn b() {}",
        );
        let found: Vec<_> =
            source.functions().into_iter().map(|one| (one.name, one.line, one.lines)).collect();
        assert_eq!(found, [("a".to_owned(), 1, 5), ("b".to_owned(), 8, 1)]);
    }

    #[test]
    fn a_module_for_tests_is_known() {
        let source = taken_apart("fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\nfn c() {}");
        let test = |word| source.is_test(source.code.find(word).unwrap());
        assert_eq!((test("fn a"), test("fn b"), test("fn c")), (false, true, false));
    }
}
