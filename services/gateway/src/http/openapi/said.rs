//! What the contract says of its parts: comments and options.

use std::collections::HashMap;

use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumValueDescriptor, ExtensionDescriptor, FieldDescriptor,
    FileDescriptor, MessageDescriptor, MethodDescriptor,
};
use proto::common::{Access, Form, Label, Resource};

/// Comments and options of a contract.
pub(super) struct Said<'a> {
    pool: &'a DescriptorPool,
    /// By file and path of descriptors, as `SourceCodeInfo` has them.
    comments: HashMap<(String, Vec<i32>), String>,
}

impl<'a> Said<'a> {
    pub(super) fn of(pool: &'a DescriptorPool) -> Self {
        let mut comments = HashMap::new();
        for file in pool.files() {
            let info = file.file_descriptor_proto().source_code_info.as_ref();
            for location in info.into_iter().flat_map(|info| &info.location) {
                if let Some(text) = &location.leading_comments {
                    comments.insert((file.name().to_owned(), location.path.clone()), unwrapped(text));
                }
            }
        }
        Self { pool, comments }
    }

    /// The comment before a part; empty where there is none.
    pub(super) fn comment(&self, file: &FileDescriptor, path: &[i32]) -> &str {
        let key = (file.name().to_owned(), path.to_vec());
        self.comments.get(&key).map(String::as_str).unwrap_or_default()
    }

    /// What the form says of a field.
    pub(super) fn form(&self, field: &FieldDescriptor) -> Form {
        self.option(&field.options(), "xiuhua.common.v1.form").unwrap_or_default()
    }

    /// What a record is called and where it stands; absent for what is no record.
    pub(super) fn resource(&self, message: &MessageDescriptor) -> Option<Resource> {
        self.option(&message.options(), "xiuhua.common.v1.resource")
    }

    /// The words for a value.
    pub(super) fn label(&self, value: &EnumValueDescriptor) -> Option<Label> {
        self.option(&value.options(), "xiuhua.common.v1.label")
    }

    /// What an RPC asks of its caller.
    pub(super) fn access(&self, rpc: &MethodDescriptor) -> Access {
        self.option(&rpc.options(), "xiuhua.common.v1.access").unwrap_or_default()
    }

    fn option<T: Message + Default>(&self, options: &DynamicMessage, name: &str) -> Option<T> {
        let extension: ExtensionDescriptor = self.pool.get_extension_by_name(name)?;
        if !options.has_extension(&extension) {
            return None;
        }
        options.get_extension(&extension).as_message()?.transcode_to().ok()
    }
}

/// A comment without the breaks of its lines; an empty line parts paragraphs.
fn unwrapped(text: &str) -> String {
    let mut written = String::new();
    for line in text.lines().map(str::trim) {
        match (line.is_empty(), written.is_empty() || written.ends_with('\n')) {
            (true, false) => written.push_str("\n\n"),
            (true, true) => {}
            (false, true) => written.push_str(line),
            (false, false) => {
                written.push(' ');
                written.push_str(line);
            }
        }
    }
    written.trim_end().to_owned()
}

/// The first sentence of a comment, without its full stop.
pub(super) fn summary(comment: &str) -> &str {
    let end = comment.find(". ").or_else(|| comment.find("\n\n"));
    comment[..end.unwrap_or(comment.len())].trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_paragraphs_and_their_first_sentence_is_the_summary() {
        let comment = unwrapped(" Reads one\n household. Masked.\n\n And more.\n");
        assert_eq!(comment, "Reads one household. Masked.\n\nAnd more.");
        assert_eq!(summary(&comment), "Reads one household");
        assert_eq!(summary("All."), "All");
    }
}
