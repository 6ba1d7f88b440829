//! A file that has another name until it is complete: what stood under its own name stays there until then, and what broke
//! off is taken for nothing else.

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{PathPersistError, TempPath};

use crate::exit::Stop;

/// See the module. Where it is not completed, it is removed; what cannot be removed still says by its name that it is not
/// complete.
pub(super) struct Unfinished {
    path: PathBuf,
    partial: TempPath,
}

impl Unfinished {
    /// Begins the file of this path, and gives what is written into.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub(super) fn begin(path: &Path) -> Result<(Self, Box<dyn Write + Send>), Stop> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut name: OsString = path.file_name().unwrap_or_default().to_owned();
        name.push(".");
        let mut partial = tempfile::Builder::new();
        partial.prefix(&name).suffix(".part");
        readable_as_usual(&mut partial);
        let partial = partial.tempfile_in(folder.unwrap_or(Path::new(".")));
        let (file, partial) = partial.map_err(|error| Stop::unwritable(path, error))?.into_parts();
        Ok((Self { path: path.to_owned(), partial }, Box::new(file)))
    }

    /// Begins a file that takes nobody's place.
    ///
    /// # Errors
    /// A path under which there is something; a folder that cannot be written.
    pub(super) fn begin_new(path: &Path) -> Result<(Self, Box<dyn Write + Send>), Stop> {
        if path.symlink_metadata().is_ok() {
            return Err(taken(path));
        }
        Self::begin(path)
    }

    /// Gives the file its name, in the place of what has it.
    ///
    /// # Errors
    /// A name that cannot be given.
    pub(super) fn complete(self) -> Result<PathBuf, Stop> {
        named(self.path, |path| self.partial.persist(path))
    }

    /// Gives the file its name, where nothing has it by now.
    ///
    /// # Errors
    /// A name that cannot be given.
    pub(super) fn complete_new(self) -> Result<PathBuf, Stop> {
        named(self.path, |path| self.partial.persist_noclobber(path))
    }
}

fn named(path: PathBuf, give: impl FnOnce(&Path) -> Result<(), PathPersistError>) -> Result<PathBuf, Stop> {
    match give(&path) {
        Ok(()) => Ok(path),
        Err(PathPersistError { error, .. }) if error.kind() == ErrorKind::AlreadyExists => Err(taken(&path)),
        Err(PathPersistError { error, .. }) => Err(Stop::unwritable(&path, error)),
    }
}

/// Of its own accord a temporary file is its owner's alone, and would stay so under its name.
#[cfg(unix)]
fn readable_as_usual(partial: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    partial.permissions(std::fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn readable_as_usual(_: &mut tempfile::Builder<'_, '_>) {}

fn taken(path: &Path) -> Stop {
    Stop::unreadable(path, std::io::Error::from(ErrorKind::AlreadyExists))
}

/// Whether writing the file of a path would write over another one, by whatever names the two are called.
pub(super) fn writes_over(path: &Path, other: &Path) -> bool {
    let Ok(other) = other.canonicalize() else { return false };
    path.canonicalize().is_ok_and(|path| path == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_stood_there_stays_until_the_new_file_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("退回.csv");
        std::fs::write(&path, "old").unwrap();
        let (broken, mut out) = Unfinished::begin(&path).unwrap();
        out.write_all(b"half").unwrap();
        let partial = names(folder.path()).remove(1);
        assert!(partial.starts_with("退回.csv.") && partial.ends_with(".part"), "{partial}");
        drop((broken, out));
        assert_eq!(
            (names(folder.path()).len(), std::fs::read_to_string(&path).unwrap()),
            (1, "old".to_owned())
        );
        let (whole, mut out) = Unfinished::begin(&path).unwrap();
        out.write_all(b"new").unwrap();
        assert_eq!(whole.complete().unwrap(), path);
        assert_eq!(
            (names(folder.path()).len(), std::fs::read_to_string(&path).unwrap()),
            (1, "new".to_owned())
        );
    }

    #[test]
    fn two_that_write_the_same_file_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("表.csv");
        let by_hand = folder.path().join("表.csv.part");
        std::fs::write(&by_hand, "by hand").unwrap();
        let ((first, mut one), (second, mut other)) =
            (Unfinished::begin(&path).unwrap(), Unfinished::begin(&path).unwrap());
        one.write_all(b"the first one").unwrap();
        other.write_all(b"the other").unwrap();
        for (file, text) in [(first, "the first one"), (second, "the other")] {
            file.complete().unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(std::fs::read_to_string(&by_hand).unwrap(), "by hand");
        assert_eq!(names(folder.path()), ["表.csv", "表.csv.part"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_may_be_read_by_whom_every_other_may() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| {
            let told = std::fs::metadata(folder.path().join(name)).unwrap();
            told.permissions().mode() & 0o777
        };
        Unfinished::begin(&folder.path().join("表.csv")).unwrap().0.complete().unwrap();
        Unfinished::begin_new(&folder.path().join("新.csv")).unwrap().0.complete_new().unwrap();
        std::fs::write(folder.path().join("usual"), "").unwrap();
        assert_eq!((mode("表.csv"), mode("新.csv")), (mode("usual"), mode("usual")));
    }

    #[test]
    fn a_new_file_takes_nobodys_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("表.xlsx");
        let (first, _) = Unfinished::begin_new(&path).unwrap();
        std::fs::write(&path, "by hand").unwrap();
        assert!(first.complete_new().is_err() && Unfinished::begin_new(&path).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "by hand");
        std::fs::remove_file(&path).unwrap();
        let (second, _) = Unfinished::begin_new(&path).unwrap();
        second.complete_new().unwrap();
        assert_eq!(names(folder.path()), ["表.xlsx"]);
    }

    #[test]
    fn a_file_is_known_by_whatever_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("表.csv"), "").unwrap();
        assert!(writes_over(&at("表.csv"), &at("./表.csv")));
        assert!(!writes_over(&at("退回.csv"), &at("表.csv")));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("表.csv"), at("别名.csv")).unwrap();
            assert!(
                writes_over(&at("别名.csv"), &at("表.csv")) && writes_over(&at("表.csv"), &at("别名.csv"))
            );
        }
    }
}
