//! How a letter leaves: by SMTP, or as a file in the data folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, MultiPart},
};
use web::letters::Rendered;

use crate::config::MailServer;

/// The way out.
pub struct Post {
    from: Mailbox,
    way: Way,
}

enum Way {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Files(PathBuf),
}

impl Post {
    /// Letters leave by `server`; without one they become files in `folder`.
    ///
    /// With TLS, at once or by STARTTLS, the system judges the server's certificate and name before it is told anything.
    pub fn open(from: &str, server: Option<&MailServer>, folder: PathBuf) -> Result<Self> {
        let from = from
            .parse()
            .with_context(|| format!("mail.from: {from:?} is no address"))?;
        let way = match server {
            Some(server) => {
                let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(server.as_str())
                    .context("mail.smtp")?;
                Way::Smtp(Box::new(server.build()))
            }
            None => {
                std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
                Way::Files(folder)
            }
        };
        Ok(Self { from, way })
    }

    /// Sends one letter under the id that its outbox key gives it.
    pub async fn send(&self, key: &str, to: &str, letter: &Rendered) -> Result<()> {
        let id = message_id(key, self.from.email.domain());
        let message = Message::builder()
            .message_id(Some(format!("<{id}>")))
            .from(self.from.clone())
            .to(to.parse().context("the reader's address")?)
            .subject(&letter.subject)
            .multipart(MultiPart::alternative_plain_html(
                letter.text.clone(),
                letter.html.clone(),
            ))
            .context("the letter could not be written")?;
        match &self.way {
            Way::Smtp(server) => server
                .send(message)
                .await
                .map(drop)
                .context("the mail server"),
            Way::Files(folder) => {
                let (folder, bytes) = (folder.clone(), message.formatted());
                tokio::task::spawn_blocking(move || write_once(&folder, &id, &bytes)).await?
            }
        }
    }
}

/// A word without characters that a header or a file name could stumble over.
fn message_id(key: &str, domain: &str) -> String {
    let word: String = key
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '.' })
        .collect();
    format!("{word}@{domain}")
}

/// Writes the letter under its id, whole or not at all, and never over one that is there.
fn write_once(folder: &Path, id: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(format!("{id}.eml"));
    if path.exists() {
        return Ok(());
    }
    let unfinished = folder.join(format!(".{id}.part"));
    let written = std::fs::write(&unfinished, bytes)
        .and_then(|()| std::fs::File::open(&unfinished)?.sync_all())
        .and_then(|()| std::fs::rename(&unfinished, &path));
    written.with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

    use super::*;

    fn letter() -> Rendered {
        Rendered {
            subject: "Votre commande est confirmée".to_owned(),
            text: "Bonjour".to_owned(),
            html: "<p>Bonjour</p>".to_owned(),
        }
    }

    #[tokio::test]
    async fn a_letter_is_written_once_under_its_id() {
        let folder = tempfile::tempdir().unwrap();
        let post = Post::open("Quai <bonjour@quai.example>", None, folder.path().into()).unwrap();
        for _ in 0..2 {
            post.send("mail:confirmation:BQ-1", "jeanne@example.org", &letter())
                .await
                .unwrap();
        }
        let files: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .flatten()
            .collect();
        assert_eq!(files.len(), 1);
        let path = folder
            .path()
            .join("mail.confirmation.BQ.1@quai.example.eml");
        let mail = std::fs::read_to_string(path).unwrap();
        assert!(mail.contains("Message-ID: <mail.confirmation.BQ.1@quai.example>"));
        assert!(mail.contains("multipart/alternative"));
    }

    #[tokio::test]
    async fn a_line_break_in_what_a_letter_is_made_of_begins_no_line_of_its_head() {
        let folder = tempfile::tempdir().unwrap();
        let post = Post::open("Quai <bonjour@quai.example>", None, folder.path().into()).unwrap();
        let line = "\r\nBcc: thief@example.org\r\n\r\nSomething else";
        let letter = Rendered {
            subject: format!("Bonjour Jeanne{line}"),
            text: format!("Bonjour Jeanne{line}"),
            html: format!("<p>Bonjour Jeanne{line}</p>"),
        };
        let to = format!("jeanne@example.org{line}");
        assert!(post.send("to", &to, &letter).await.is_err());
        let key = format!("mail:{line}");
        post.send(&key, "jeanne@example.org", &letter)
            .await
            .unwrap();
        let files: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .flatten()
            .collect();
        let [file] = files.as_slice() else {
            panic!("{files:?}");
        };
        let mail = std::fs::read_to_string(file.path()).unwrap();
        let head = mail.split("\r\n\r\n").next().unwrap();
        let mut names: Vec<&str> = head
            .lines()
            .filter(|line| !line.starts_with([' ', '\t']))
            .filter_map(|line| Some(line.split_once(':')?.0))
            .collect();
        names.sort_unstable();
        let expected = [
            "Content-Type",
            "Date",
            "From",
            "MIME-Version",
            "Message-ID",
            "Subject",
            "To",
        ];
        assert_eq!(names, expected, "{head}");
    }

    #[test]
    fn a_wrong_sender_is_told() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Post::open("nobody", None, folder.path().into()).is_err());
    }
}
