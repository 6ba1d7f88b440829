//! A file that has another name until it is complete: what stood under its own name stays there until then, and what broke
//! off is taken for nothing else.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::exit::Stop;

/// See the module. Where it is not completed, it is removed.
pub(super) struct Unfinished {
    path: PathBuf,
    partial: PathBuf,
    completed: bool,
}

impl Unfinished {
    /// Begins the file of this path, and gives what is written into.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub(super) fn begin(path: &Path) -> Result<(Self, Box<dyn Write + Send>), Stop> {
        let partial = partial(path);
        let file = File::create(&partial).map_err(|error| Stop::unwritable(&partial, error))?;
        Ok((Self { path: path.to_owned(), partial, completed: false }, Box::new(file)))
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
    pub(super) fn complete(mut self) -> Result<PathBuf, Stop> {
        std::fs::rename(&self.partial, &self.path).map_err(|error| Stop::unwritable(&self.path, error))?;
        self.completed = true;
        Ok(self.path.clone())
    }

    /// Gives the file its name, where nothing has it by now.
    ///
    /// # Errors
    /// A name that cannot be given.
    pub(super) fn complete_new(self) -> Result<PathBuf, Stop> {
        match OpenOptions::new().write(true).create_new(true).open(&self.path) {
            Ok(_) => self.complete(),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(taken(&self.path)),
            Err(error) => Err(Stop::unwritable(&self.path, error)),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.completed {
            // What cannot be removed still says by its name that it is not complete.
            let _ = std::fs::remove_file(&self.partial);
        }
    }
}

fn taken(path: &Path) -> Stop {
    Stop::unreadable(path, std::io::Error::from(ErrorKind::AlreadyExists))
}

/// The name that says that a file is not complete.
fn partial(path: &Path) -> PathBuf {
    let mut name: OsString = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

/// Whether writing the file of a path would write over another one, by whatever names the two are called.
pub(super) fn writes_over(path: &Path, other: &Path) -> bool {
    let Ok(other) = other.canonicalize() else { return false };
    [path.to_owned(), partial(path)].iter().any(|path| path.canonicalize().is_ok_and(|path| path == other))
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
        assert_eq!(names(folder.path()), ["退回.csv", "退回.csv.part"]);
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
        std::fs::write(at("甲.csv.part"), "").unwrap();
        assert!(writes_over(&at("甲.csv"), &at("甲.csv.part")));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("表.csv"), at("别名.csv")).unwrap();
            assert!(
                writes_over(&at("别名.csv"), &at("表.csv")) && writes_over(&at("表.csv"), &at("别名.csv"))
            );
        }
    }
}
