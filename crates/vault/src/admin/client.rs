//! The other end of the admin door, for the commands.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::{Answer, Ask, MAX_LINE_BYTES, SOCKET};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks the vault that runs in this folder.
///
/// # Errors
/// No vault runs there, it is another user's, or its answer cannot be read.
pub fn ask(data_dir: &Path, question: &Ask) -> io::Result<Answer> {
    let mut stream = UnixStream::connect(data_dir.join(SOCKET))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(question)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream.take(MAX_LINE_BYTES)).read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}
