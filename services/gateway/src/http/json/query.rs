//! The parameters of a URL as a tree: `reveal.fields=id_number&reveal.fields=phone` is what
//! `{"reveal": {"fields": ["id_number", "phone"]}}` is in a body.

use kernel::failure::{Failure, Reason};

use super::tree::{DEPTH, Node};

/// Takes a query apart. Keys keep their order; one that stands several times has its words in theirs.
///
/// # Errors
/// `NESTED_TOO_DEEP`, and `REQUEST_MALFORMED` for a text that is no UTF-8.
pub(super) fn members(query: Option<&str>) -> Result<Vec<(String, Node)>, Failure> {
    let mut members = Vec::new();
    let query = query.unwrap_or_default();
    let decoded = percent_encoding::percent_decode_str(query).decode_utf8();
    decoded.map_err(|_| Failure::new(Reason::RequestMalformed).with("position", "?"))?;
    for (key, word) in form_urlencoded::parse(query.as_bytes()) {
        let path: Vec<&str> = key.split('.').collect();
        if path.len() > DEPTH {
            return Err(Failure::new(Reason::NestedTooDeep).with("limit", DEPTH));
        }
        put(&mut members, &path, word.into_owned());
    }
    Ok(members)
}

fn put(members: &mut Vec<(String, Node)>, path: &[&str], word: String) {
    let [key, rest @ ..] = path else { return };
    let known = members.iter_mut().find(|(name, _)| name == key).map(|(_, node)| node);
    match (known, rest) {
        (Some(Node::Words(words)), []) => words.push(word),
        (Some(Node::Object(inner)), [_, ..]) => put(inner, rest, word),
        // New, or once a value and once a message: the reader finds the field twice.
        (_, []) => members.push(((*key).to_owned(), Node::Words(vec![word]))),
        (_, [_, ..]) => {
            let mut inner = Vec::new();
            put(&mut inner, rest, word);
            members.push(((*key).to_owned(), Node::Object(inner)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Node {
        Node::Words(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn parameters_become_a_tree() {
        let found = members(Some("a=1&b.c=x+y&a=%E6%88%B7&b.d=&b=2")).unwrap();
        let inner = vec![("c".to_owned(), words(&["x y"])), ("d".to_owned(), words(&[""]))];
        assert_eq!(
            found,
            [
                ("a".to_owned(), words(&["1", "户"])),
                ("b".to_owned(), Node::Object(inner)),
                ("b".to_owned(), words(&["2"])),
            ]
        );
        assert_eq!(members(None).unwrap(), []);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert_eq!(members(Some("a=%FF")).unwrap_err().reason(), Reason::RequestMalformed);
        let deep = format!("{}x=1", "a.".repeat(DEPTH));
        assert_eq!(members(Some(&deep)).unwrap_err().reason(), Reason::NestedTooDeep);
    }
}
