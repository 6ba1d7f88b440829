//! Whether a quote is open behind the bytes of a row so far.

/// What the bytes so far say of the next one. It is kept from line to line of a row, so that each byte is looked at once,
/// over however many lines a quote goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Quotes {
    /// A cell begins.
    #[default]
    Start,
    /// Within a cell without quotes, or behind its quotes.
    Plain,
    /// Within quotes.
    Open,
    /// Behind a quote within quotes: it ends them, or is the first of two that stand for one.
    Closing,
}

impl Quotes {
    /// Goes on over the next piece of the row.
    pub(super) fn over(&mut self, piece: &[u8]) {
        *self = piece.iter().fold(*self, |quotes, byte| quotes.after(*byte));
    }

    /// Whether the row goes on in the next line.
    pub(super) const fn are_open(self) -> bool {
        matches!(self, Self::Open)
    }

    const fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Start | Self::Closing, b'"') => Self::Open,
            (Self::Open, b'"') => Self::Closing,
            (Self::Open, _) => Self::Open,
            (_, b',') => Self::Start,
            _ => Self::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::cells_of;
    use super::*;

    fn behind(text: &str) -> Quotes {
        let mut quotes = Quotes::default();
        quotes.over(text.as_bytes());
        quotes
    }

    #[test]
    fn quotes_are_open_until_they_end() {
        for (text, open) in
            [("a,\"b", true), ("a,b\"", false), ("\"a\"\"", true), ("\"a\"\"\"", false), ("a\"b,\"", true)]
        {
            assert_eq!(behind(text).are_open(), open, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_in_pieces_says_the_same_as_at_once(text in "[\",a\n金]{0,40}", size in 1_usize..8) {
            let mut quotes = Quotes::default();
            text.as_bytes().chunks(size).for_each(|piece| quotes.over(piece));
            prop_assert_eq!(quotes, behind(&text));
        }

        #[test]
        fn quotes_are_open_where_a_comma_ends_no_cell(text in "[\",a\n金]{0,40}") {
            let further = cells_of(&format!("{text},")).len() > cells_of(&text).len();
            prop_assert_eq!(behind(&text).are_open(), !further);
        }
    }
}
