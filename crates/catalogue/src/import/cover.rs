//! Links to pictures of covers as senders write them. Nothing is fetched here.

use crate::limits;

/// The link, when it is one that can be fetched: `http` or `https`, on one line.
pub(super) fn link(sent: &str) -> Option<String> {
    let link = sent.trim();
    let scheme_bytes = link.find("://")?;
    let scheme = link.get(..scheme_bytes)?;
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let is_short = link.chars().count() <= limits::LINK_CHARS;
    (is_web && is_short && !link.contains(char::is_control)).then(|| link.to_owned())
}

/// A hash in hexadecimal as lower-case letters, when it has that many bytes.
pub(super) fn hash(sent: &str, bytes: usize) -> Option<String> {
    let sent = sent.trim();
    let is_hash = sent.len() == bytes * 2 && sent.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| sent.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o21_only_links_of_the_web_are_kept() {
        for sent in [
            " https://quai.example/covers/1.jpg ",
            "HTTP://quai.example/covers/ 1.jpg",
        ] {
            assert_eq!(link(sent).as_deref(), Some(sent.trim()));
        }
        for sent in [
            "",
            "file:///etc/passwd",
            "ftp://quai.example/1.jpg",
            "data:image/png;base64,AA==",
            "9782070541270.jpg",
            "https://quai.example/\n1.jpg",
            "javascript://x",
        ] {
            assert_eq!(link(sent), None, "{sent}");
        }
        assert_eq!(link(&format!("https://x/{}", "a".repeat(3_000))), None);
    }

    #[test]
    fn o21_a_hash_has_the_length_of_its_kind() {
        let md5 = "D41D8CD98F00B204E9800998ECF8427E";
        assert_eq!(hash(md5, 16), Some(md5.to_ascii_lowercase()));
        assert_eq!(hash(md5, 32), None);
        assert_eq!(hash("zz", 1), None);
    }
}
