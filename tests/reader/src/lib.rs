//! A reader without a browser: HTTP connections, cookies, and forms filled by their `autocomplete` tokens.
//!
//! It knows only HTML, as a reader without JavaScript does. It speaks plain HTTP to the loopback only.

pub mod form;
pub mod http;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use http::{Answer, Connection};

/// Redirects that are followed before it is called a loop.
const MOST_REDIRECTS: usize = 8;

/// What every test's reader writes into forms, by `autocomplete` token.
pub const JEANNE: &[(&str, &str)] = &[
    ("email", "lectrice@example.org"),
    ("name", "Jeanne Lecture"),
    ("street-address", "12 rue des Écoles"),
    ("postal-code", "75005"),
    ("address-level2", "Paris"),
    ("country", "FR"),
];

/// A page and where it was found.
pub struct Page {
    /// The address after redirects.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The HTML.
    pub html: String,
}

/// One reader with her cookies.
#[derive(Default)]
pub struct Reader {
    cookies: BTreeMap<String, String>,
    connections: BTreeMap<String, Connection>,
}

impl Reader {
    /// Goes to an address, following redirects.
    pub fn get(&mut self, url: &str) -> Result<Page> {
        self.go(url.to_owned(), None)
    }

    /// Posts the form of a page whose action contains `part`, filled by tokens.
    pub fn submit(&mut self, page: &Page, part: &str, tokens: &[(&str, &str)]) -> Result<Page> {
        let form = form::find(&page.html, part)
            .with_context(|| format!("{} has no form to {part}", page.url))?;
        let target = resolve(&page.url, &form.action)?;
        self.go(target, Some(form.filled(tokens)))
    }

    /// Posts a form that is not on a page.
    pub fn post(&mut self, url: &str, form: &str) -> Result<Page> {
        self.go(url.to_owned(), Some(form.to_owned()))
    }

    fn go(&mut self, mut url: String, mut form: Option<String>) -> Result<Page> {
        for _ in 0..MOST_REDIRECTS {
            let answer = self.ask(&url, form.take().as_deref())?;
            match (answer.status, &answer.location) {
                (301..=303 | 307 | 308, Some(location)) => url = resolve(&url, location)?,
                (status, _) => {
                    return Ok(Page {
                        url,
                        status,
                        html: answer.text(),
                    });
                }
            }
        }
        bail!("{url} redirects in a circle")
    }

    fn ask(&mut self, url: &str, form: Option<&str>) -> Result<Answer> {
        let (origin, path) = split(url)?;
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut headers = "Accept-Language: fr\r\n".to_owned();
        if !pairs.is_empty() {
            headers.push_str(&format!("Cookie: {}\r\n", pairs.join("; ")));
        }
        let answer = match self.exchange(&origin, &path, &headers, form) {
            // A kept connection may have been closed meanwhile; a get is asked again on a new one.
            Err(_) if form.is_none() => self.exchange(&origin, &path, &headers, form)?,
            other => other?,
        };
        for cookie in &answer.cookies {
            if let Some((name, value)) = cookie.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }

    fn exchange(
        &mut self,
        origin: &str,
        path: &str,
        headers: &str,
        form: Option<&str>,
    ) -> Result<Answer> {
        let mut connection = match self.connections.remove(origin) {
            Some(connection) => connection,
            None => Connection::open(origin)?,
        };
        let answer = match form {
            None => connection.get(path, headers)?,
            Some(form) => connection.post(path, headers, form)?,
        };
        if !answer.closes {
            self.connections.insert(origin.to_owned(), connection);
        }
        Ok(answer)
    }
}

/// Origin and path of an absolute address.
fn split(url: &str) -> Result<(String, String)> {
    let rest = url
        .strip_prefix("http://")
        .with_context(|| format!("{url} is not plain HTTP"))?;
    let (host, path) = rest
        .split_once('/')
        .map_or((rest, ""), |(host, path)| (host, path));
    let path = path.split('#').next().unwrap_or_default();
    Ok((format!("http://{host}"), format!("/{path}")))
}

/// An address as a page at `base` means it.
fn resolve(base: &str, reference: &str) -> Result<String> {
    if reference.starts_with("http://") || reference.starts_with("https://") {
        return Ok(reference.to_owned());
    }
    let (origin, path) = split(base)?;
    if reference.starts_with('/') {
        return Ok(format!("{origin}{reference}"));
    }
    let page = path.split('?').next().unwrap_or_default();
    if reference.is_empty() || reference.starts_with('?') {
        return Ok(format!("{origin}{page}{reference}"));
    }
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    Ok(format!("{origin}{folder}/{reference}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn references_are_resolved_as_browsers_do() {
        let base = "http://a:1/fr/checkout?x=1";
        assert_eq!(resolve(base, "/cart").unwrap(), "http://a:1/cart");
        assert_eq!(resolve(base, "pay").unwrap(), "http://a:1/fr/pay");
        assert_eq!(resolve(base, "").unwrap(), "http://a:1/fr/checkout");
        assert_eq!(resolve(base, "?y=2").unwrap(), "http://a:1/fr/checkout?y=2");
        assert_eq!(resolve(base, "http://b:2/z").unwrap(), "http://b:2/z");
    }
}
