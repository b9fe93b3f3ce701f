//! Backup files: private, whole or not there at all, packed where their name or their first bytes say so.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

/// How packed files begin (RFC 1952, 2.3.1).
const PACKED: [u8; 2] = [0x1f, 0x8b];
const BUFFER_BYTES: usize = 256 * 1024;

/// A file that is being written beside its place.
pub(super) struct NewFile {
    place: PathBuf,
    beside: PathBuf,
    pub(super) out: Out,
}

/// Into a file, packed or not.
pub(super) enum Out {
    Plain(BufWriter<File>),
    Packed(GzEncoder<BufWriter<File>>),
}

impl NewFile {
    /// Makes the file beside `place`, where nothing may be.
    pub(super) fn new(place: &Path) -> Result<Self> {
        if place.symlink_metadata().is_ok() {
            bail!("{} is there already; name another file, or move it away", place.display());
        }
        let name = place.file_name().with_context(|| format!("{} names no file", place.display()))?;
        let beside = place.with_file_name(format!(".{}.{}.new", name.to_string_lossy(), std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
        let file = file.with_context(|| format!("cannot write {}", beside.display()))?;
        let buffer = BufWriter::with_capacity(BUFFER_BYTES, file);
        let is_packed = place.extension().is_some_and(|ending| ending == "gz");
        let out = if is_packed {
            Out::Packed(GzEncoder::new(buffer, Compression::default()))
        } else {
            Out::Plain(buffer)
        };
        Ok(Self { place: place.to_owned(), beside, out })
    }

    /// Puts it in its place; gives its size.
    pub(super) fn finish(mut self) -> Result<u64> {
        let written = self.out.finish().and_then(|file| {
            file.sync_all()?;
            // Unlike a renaming, this takes no place that somebody has taken meanwhile.
            fs::hard_link(&self.beside, &self.place)?;
            Ok(file.metadata()?.len())
        });
        written.with_context(|| format!("cannot write {}", self.place.display()))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // Its place has it, or nobody wants it.
        let _ = fs::remove_file(&self.beside);
    }
}

impl Out {
    fn finish(&mut self) -> io::Result<&File> {
        match self {
            Self::Plain(buffer) => {
                buffer.flush()?;
                Ok(buffer.get_ref())
            }
            Self::Packed(encoder) => {
                encoder.try_finish()?;
                encoder.get_mut().flush()?;
                Ok(encoder.get_ref().get_ref())
            }
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(buffer) => buffer.write(bytes),
            Self::Packed(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(buffer) => buffer.flush(),
            Self::Packed(encoder) => encoder.flush(),
        }
    }
}

/// Opens a backup from its beginning, packed or not.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let mut file = File::open(path)?;
    let mut beginning = [0; PACKED.len()];
    let is_packed = file.read_exact(&mut beginning).is_ok() && beginning == PACKED;
    file.rewind()?;
    let buffer = BufReader::with_capacity(BUFFER_BYTES, file);
    Ok(if is_packed { Box::new(BufReader::new(MultiGzDecoder::new(buffer))) } else { Box::new(buffer) })
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::fs::PermissionsExt;

    use super::{NewFile, open};

    #[test]
    fn a_file_is_private_whole_and_never_written_over() {
        let dir = std::env::temp_dir().join(format!("bellwether-packing-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        for name in ["plain", "packed.gz"] {
            let path = dir.join(name);
            let mut file = NewFile::new(&path).unwrap();
            file.out.write_all(&b"line\n".repeat(1000)).unwrap();
            assert!(!path.exists(), "not before it is whole");
            let size = file.finish().unwrap();
            assert_eq!(size < 5000, name == "packed.gz", "{name}: {size}");
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            let mut text = String::new();
            open(&path).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "line\n".repeat(1000));
            assert!(NewFile::new(&path).is_err());
            drop(NewFile::new(&dir.join("given up")).unwrap());
        }
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 2, "nothing is left beside them");
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
