//! A question as it came.

use std::collections::BTreeMap;

use http_body_util::BodyExt as _;
use hyper::{
    Request,
    body::{Bytes, Incoming},
};

#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: BTreeMap<String, String>,
    pub body: Bytes,
    fields: BTreeMap<String, String>,
}

impl Asked {
    pub async fn of(request: Request<Incoming>) -> Self {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let headers = head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()));
        let pairs = url::form_urlencoded::parse(&body);
        Self {
            method: head.method.as_str().to_owned(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: headers.collect(),
            fields: pairs.into_owned().collect(),
            body,
        }
    }

    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// What the query asks for.
    #[allow(dead_code)] // each test file has a house of its own
    pub fn wanted(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.query.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}
