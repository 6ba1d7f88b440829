//! Path templates of `google.api.http`: `/v1/{name=households/*}:withdraw`.
//!
//! A variable is one segment (`{template}`, the same as `{template=*}`) or a pattern of literals and `*`. After the last
//! segment may stand a verb of one's own; in a path it is what follows the last `:`, so a `:` within a segment is written
//! `%3A`. `**` is not understood, and a contract that uses it does not start.

use percent_encoding::percent_decode_str;

/// A template, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    /// What stands between the slashes.
    pub(crate) segments: Vec<Segment>,
    /// The verb after the last segment, without its colon.
    pub(crate) verb: Option<String>,
    /// The variables in their order.
    pub(crate) variables: Vec<Variable>,
}

/// What stands between two slashes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Segment {
    /// This word.
    Literal(String),
    /// Any word.
    Any,
}

/// A field that the path fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    /// Names of the field and those above it, outermost first.
    pub(crate) field: Vec<String>,
    /// Which segments it is made of, the slashes between them included.
    pub(crate) segments: std::ops::Range<usize>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let path = text.strip_prefix('/').ok_or_else(|| format!("{text}: does not begin with /"))?;
        let (path, verb) = match path.rsplit_once(':') {
            Some((path, verb)) if !verb.contains(['/', '}']) => (path, Some(verb.to_owned())),
            _ => (path, None),
        };
        let mut template = Self { segments: Vec::new(), verb, variables: Vec::new() };
        for part in parts(path) {
            template.add(part).map_err(|problem| format!("{text}: {problem}"))?;
        }
        if template.verb.as_deref() == Some("") || template.segments.is_empty() {
            return Err(format!("{text}: a part is empty"));
        }
        Ok(template)
    }

    fn add(&mut self, part: &str) -> Result<(), String> {
        let Some(variable) = part.strip_prefix('{') else {
            self.segments.push(segment(part)?);
            return Ok(());
        };
        let variable = variable.strip_suffix('}').ok_or("a variable is not closed")?;
        let (field, pattern) = variable.split_once('=').unwrap_or((variable, "*"));
        let begin = self.segments.len();
        for word in pattern.split('/') {
            self.segments.push(segment(word)?);
        }
        let field = field.split('.').map(str::to_owned).collect();
        self.variables.push(Variable { field, segments: begin..self.segments.len() });
        Ok(())
    }

    /// The texts of the variables, in their order, if the path is one of the template's.
    pub(crate) fn matched(&self, path: &Path) -> Option<Vec<String>> {
        if self.verb != path.verb || self.segments.len() != path.segments.len() {
            return None;
        }
        let fits = |(segment, word): (&Segment, &String)| match segment {
            Segment::Literal(literal) => literal == word,
            Segment::Any => !word.is_empty(),
        };
        if !self.segments.iter().zip(&path.segments).all(fits) {
            return None;
        }
        let text = |variable: &Variable| path.segments[variable.segments.clone()].join("/");
        Some(self.variables.iter().map(text).collect())
    }

    /// How many literals there are: of two templates that match, the one with more is meant.
    pub(crate) fn literals(&self) -> usize {
        self.segments.iter().filter(|segment| **segment != Segment::Any).count()
    }
}

/// A path of a request, taken apart and decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    segments: Vec<String>,
    verb: Option<String>,
}

impl Path {
    /// Number of segments, and the verb: a template that matches has the same.
    pub(crate) fn shape(&self) -> (usize, Option<String>) {
        (self.segments.len(), self.verb.clone())
    }

    /// Takes a path apart; absent where it is no UTF-8.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let last = path.rfind('/').map_or(0, |slash| slash + 1);
        let (path, verb) = match path[last..].rfind(':') {
            Some(colon) => (&path[..last + colon], Some(&path[last + colon + 1..])),
            None => (path, None),
        };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(String::from);
        let segments = path.split('/').map(decoded).collect::<Option<_>>()?;
        let verb = verb.map(|verb| decoded(verb).ok_or(())).transpose().ok()?;
        Some(Self { segments, verb })
    }
}

/// The parts of a template between the slashes that are not within a variable.
fn parts(path: &str) -> Vec<&str> {
    let mut within = false;
    path.split(|character| {
        within = (within || character == '{') && character != '}';
        character == '/' && !within
    })
    .collect()
}

fn segment(word: &str) -> Result<Segment, String> {
    match word {
        "" => Err("a part is empty".to_owned()),
        "*" => Ok(Segment::Any),
        "**" => Err("** is not understood".to_owned()),
        _ if word.contains(['{', '}', '*', ':']) => Err(format!("{word} is no word")),
        _ => Ok(Segment::Literal(word.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(template: &str, path: &str) -> Option<Vec<String>> {
        Template::parse(template).unwrap().matched(&Path::parse(path)?)
    }

    fn words(words: &[&str]) -> Option<Vec<String>> {
        Some(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn variables_take_what_their_pattern_says() {
        assert_eq!(matched("/v1/households", "/v1/households"), words(&[]));
        assert_eq!(
            matched("/v1/reports/{template}", "/v1/reports/prefecture-2017"),
            words(&["prefecture-2017"])
        );
        assert_eq!(matched("/v1/{name=households/*}", "/v1/households/1"), words(&["households/1"]));
        assert_eq!(matched("/v1/{a.name=x/*/y/*}/z/{b}", "/v1/x/1/y/2/z/3"), words(&["x/1/y/2", "3"]));
        for (template, path) in [
            ("/v1/{name=households/*}", "/v1/persons/1"),
            ("/v1/{name=households/*}", "/v1/households/"),
            ("/v1/{name=households/*}", "/v1/households/1/2"),
            ("/v1/households", "/v1/households/"),
            ("/v1/households", "v1/households"),
        ] {
            assert_eq!(matched(template, path), None, "{path}");
        }
    }

    #[test]
    fn verbs_follow_the_last_segment() {
        assert_eq!(matched("/v1/files:import", "/v1/files:import"), words(&[]));
        assert_eq!(
            matched("/v1/{h=households/*}:profile", "/v1/households/1:profile"),
            words(&["households/1"])
        );
        assert_eq!(matched("/v1/{h=households/*}:profile", "/v1/households/1"), None);
        assert_eq!(matched("/v1/{h=households/*}", "/v1/households/1:profile"), None);
        assert_eq!(
            matched("/v1/{h=households/*}", "/v1/households/1%3Aprofile"),
            words(&["households/1:profile"])
        );
    }

    #[test]
    fn paths_are_decoded_once_and_after_they_are_taken_apart() {
        assert_eq!(matched("/v1/{t}", "/v1/%E6%88%B7%20a+b"), words(&["户 a+b"]));
        assert_eq!(matched("/v1/{t}", "/v1/a%2Fb"), words(&["a/b"]));
        assert_eq!(matched("/v1/{t}", "/v1/%252F"), words(&["%2F"]));
        assert_eq!(matched("/v1/{t}", "/v1/%FF"), None);
    }

    #[test]
    fn what_is_not_understood_is_refused_at_once() {
        for broken in ["v1", "/", "/v1//x", "/v1/{a", "/v1/{a=**}", "/v1/x:", "/v1/a{b}c"] {
            assert!(Template::parse(broken).is_err(), "{broken}");
        }
    }
}
