//! Enough of HTML to fill the shop's own forms by their `autocomplete` tokens, as a browser would.

/// A form to post.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// Names and values, as they stand.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    name: String,
    value: String,
    autocomplete: String,
}

/// The first posted form whose action contains `part`.
pub fn find(html: &str, part: &str) -> Option<Form> {
    html.split("<form").skip(1).find_map(|form| {
        let form = form.split("</form>").next()?;
        let tag = form.split('>').next()?;
        let action = attribute(tag, "action")?;
        if !action.contains(part) || attribute(tag, "method").as_deref() != Some("post") {
            return None;
        }
        Some(Form {
            action,
            fields: fields(form),
        })
    })
}

fn fields(form: &str) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for tag in form
        .split('<')
        .map(|t| t.split('>').next().unwrap_or_default())
    {
        let Some(name) = attribute(tag, "name") else {
            continue;
        };
        let kind = attribute(tag, "type").unwrap_or_default();
        let chosen = tag.split([' ', '/']).any(|word| word == "checked");
        let taken = fields.iter().any(|f| f.name == name);
        let wanted = match tag.split_whitespace().next() {
            Some("input") if kind == "radio" => chosen && !taken,
            Some("input") if kind == "checkbox" => chosen,
            Some("input" | "select" | "textarea") => true,
            Some("button") => attribute(tag, "value").is_some() && !taken,
            _ => false,
        };
        if wanted {
            let value = attribute(tag, "value").unwrap_or_default();
            let autocomplete = attribute(tag, "autocomplete").unwrap_or_default();
            fields.push(Field {
                name,
                value,
                autocomplete,
            });
        }
    }
    fields
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = tag.get(start..)?.split('"').next()?;
    Some(
        value
            .replace("&amp;", "&")
            .replace("&quot;", "\"")
            .replace("&#39;", "'"),
    )
}

impl Form {
    /// The form's body, with the fields of these `autocomplete` tokens filled.
    pub fn filled(&self, by_token: &[(&str, &str)]) -> String {
        let value_of = |field: &Field| {
            let token = field
                .autocomplete
                .split_whitespace()
                .last()
                .unwrap_or_default();
            by_token
                .iter()
                .find(|(t, _)| *t == token)
                .map_or_else(|| field.value.clone(), |(_, value)| (*value).to_owned())
        };
        let pairs: Vec<String> = self
            .fields
            .iter()
            .map(|field| format!("{}={}", encode(&field.name), encode(&value_of(field))))
            .collect();
        pairs.join("&")
    }
}

/// Percent-encoding for a form.
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_form_is_filled_by_its_tokens() {
        let html = r#"<form method="get" action="/search"><input name="q"></form>
            <form action="/checkout" method="post"><input type="hidden" name="key" value="a&amp;b">
            <input name="mail" type="email" autocomplete="shipping email">
            <input type="radio" name="method" value="collect"><input type="radio" name="method" value="post" checked></form>"#;
        let form = find(html, "/checkout").unwrap();
        assert_eq!(
            form.filled(&[("email", "a@b.fr")]),
            "key=a%26b&mail=a%40b.fr&method=post"
        );
    }
}
