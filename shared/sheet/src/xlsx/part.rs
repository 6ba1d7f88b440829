//! The parts of a workbook: a zip archive whose parts are unpacked while they are read, and no further than they may grow.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use kernel::failure::{Failure, Reason, Violation};
use zip::{CompressionMethod, ZipArchive};

use crate::problem::{one, refused, unreadable};

/// Most parts of an archive. A workbook has a few dozen.
const MOST_PARTS: u16 = 4096;

/// Most bytes of a part, unpacked.
const MOST_BYTES: u64 = 4 << 30;

/// Beyond this many bytes a part may not be more than [`MOST_RATIO`] times as large as it is packed.
const RATIO_FROM: u64 = 64 << 20;

/// See [`RATIO_FROM`]: sheets reach 50, a bomb 1,000.
const MOST_RATIO: u64 = 200;

/// Most bytes of what stands between two tags, or of a tag.
const MOST_EVENT_BYTES: u64 = 1 << 20;

/// An archive.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    path: PathBuf,
    parts: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    name: String,
    start: u64,
    packed: u64,
    unpacked: u64,
    deflated: bool,
    crc: u32,
}

impl Package {
    /// Reads the archive's directory.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        few_parts(path)?;
        let broken = |error: &dyn std::fmt::Display| broken("zip").because(error);
        let file = File::open(path).map_err(unreadable)?;
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| broken(&error))?;
        let mut parts = Vec::with_capacity(archive.len());
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(|error| broken(&error))?;
            let name = entry.name().map_err(|error| broken(&error))?;
            let name = name.trim_start_matches('/').replace('\\', "/");
            if entry.encrypted() {
                return Err(one(Violation::new("", Reason::FileKind).with("found", "zip (*)")));
            }
            let deflated = match entry.compression() {
                CompressionMethod::Stored => false,
                CompressionMethod::Deflated => true,
                _ => return Err(self::broken(&name)),
            };
            let start = entry.data_start().ok_or_else(|| self::broken(&name))?;
            let (packed, unpacked, crc) = (entry.compressed_size(), entry.size(), entry.crc32());
            parts.push(Entry { name, start, packed, unpacked, deflated, crc });
        }
        Ok(Self { path: path.to_owned(), parts })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// Names of all parts.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.name.as_str())
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        let wanted = name.trim_start_matches('/');
        self.parts.iter().find(|part| part.name.eq_ignore_ascii_case(wanted))
    }

    /// How large a part says that it is.
    pub(crate) fn declared_size(&self, name: &str) -> u64 {
        self.entry(name).map_or(0, |part| part.unpacked)
    }

    /// A part from its beginning, at most `most` bytes of it.
    pub(crate) fn part(&self, name: &str, most: u64) -> Result<Part, Failure> {
        let entry = self.entry(name).ok_or_else(|| broken(name))?;
        let most = most.min(MOST_BYTES);
        if grows(entry.unpacked, entry.packed, most) {
            return Err(too_large(most));
        }
        let mut file = File::open(&self.path).map_err(unreadable)?;
        file.seek(SeekFrom::Start(entry.start)).map_err(unreadable)?;
        let packed = BufReader::with_capacity(64 * 1024, file.take(entry.packed));
        let source = if entry.deflated {
            Source::Deflated(DeflateDecoder::new(packed))
        } else {
            Source::Stored(packed)
        };
        let checked = Checked { source, entry: entry.clone(), most, read: 0, crc: Crc::new(), grown: false };
        Ok(Part {
            name: entry.name.clone(),
            reader: BufReader::with_capacity(64 * 1024, checked),
            event: 0,
            long: false,
        })
    }
}

/// A part that is missing or damaged.
pub(crate) fn broken(part: &str) -> Failure {
    one(Violation::new("", Reason::FilePartBroken).with("part", part))
}

fn too_large(most: u64) -> Failure {
    one(Violation::new("", Reason::FileGrows).with("limit", most >> 20))
}

fn grows(unpacked: u64, packed: u64, most: u64) -> bool {
    unpacked > most || (unpacked > RATIO_FROM && unpacked / packed.max(1) > MOST_RATIO)
}

/// Refuses an archive with more parts than a workbook can have before its directory is read into memory.
fn few_parts(path: &Path) -> Result<(), Failure> {
    const TAIL: u64 = 66 * 1024;
    let mut file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).map_err(unreadable)?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail).map_err(unreadable)?;
    let mut ends = tail.windows(12).filter(|window| window.starts_with(b"PK\x05\x06"));
    match ends.next_back() {
        Some(end) if u16::from_le_bytes([end[10], end[11]]) <= MOST_PARTS => Ok(()),
        Some(_) => Err(refused(Reason::FileUnreadable)),
        None => Err(broken("zip")),
    }
}

enum Source {
    Stored(BufReader<io::Take<File>>),
    Deflated(DeflateDecoder<BufReader<io::Take<File>>>),
}

/// Unpacks a part, counts what comes out and compares it with the checksum at the end.
struct Checked {
    source: Source,
    entry: Entry,
    most: u64,
    read: u64,
    crc: Crc,
    grown: bool,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.source {
            Source::Stored(source) => source.read(buffer),
            Source::Deflated(source) => source.read(buffer),
        }?;
        self.crc.update(&buffer[..read]);
        self.read += read as u64;
        if grows(self.read, self.entry.packed, self.most) {
            self.grown = true;
            return Err(io::Error::other("the part grows too large"));
        }
        if read == 0 && !buffer.is_empty() && self.crc.sum() != self.entry.crc {
            return Err(io::Error::other("the checksum differs"));
        }
        Ok(read)
    }
}

/// A part while it is read. What an XML reader would have to keep of one piece is bounded.
pub(crate) struct Part {
    name: String,
    reader: BufReader<Checked>,
    event: u64,
    long: bool,
}

impl Part {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The next piece begins.
    pub(crate) const fn next_event(&mut self) {
        self.event = 0;
    }

    /// Whether a piece was longer than may be kept.
    pub(crate) const fn too_long(&self) -> bool {
        self.long
    }

    /// Why reading ended early.
    pub(crate) fn failure(&self, error: impl std::fmt::Display) -> Failure {
        if self.reader.get_ref().grown {
            too_large(self.reader.get_ref().most)
        } else {
            broken(&self.name).because(error)
        }
    }
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl BufRead for Part {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.event > MOST_EVENT_BYTES {
            self.long = true;
            return Err(io::Error::other("a piece of the part is too long"));
        }
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.event += amount as u64;
        self.reader.consume(amount);
    }
}
