//! Writes a sheet of generated covers as HTML, to be looked at: `contact_sheet > covers.html`.
//!
//! Optional arguments: how many covers (72), their width in pixels (120), how many editions to choose from (20,000).

use std::io::{self, Write};

use catalogue::{covers, demo};

fn main() -> io::Result<()> {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse::<u32>().ok());
    let count = numbers.next().unwrap_or(72).max(1);
    let width = numbers.next().unwrap_or(120);
    let titles = numbers.next().unwrap_or(20_000).max(count);
    let step = usize::try_from(titles / count).unwrap_or(1).max(1);
    let mut page = io::stdout().lock();
    writeln!(
        page,
        "<!doctype html><meta charset=\"utf-8\"><title>Covers</title><style>body{{margin:16px;background:#fbf8f2;\
         display:flex;flex-wrap:wrap;gap:16px}}svg{{width:{width}px;height:auto;display:block;\
         box-shadow:0 1px 4px #0004}}</style>"
    )?;
    // One image each, as the shop shows them: identifiers and styles stay within.
    for edition in demo::editions(titles, 2000)
        .step_by(step)
        .take(usize::try_from(count).unwrap_or(0))
    {
        let address = encoded(&covers::svg(&edition));
        writeln!(
            page,
            "<img width=\"{width}\" alt=\"\" src=\"data:image/svg+xml,{address}\">"
        )?;
    }
    Ok(())
}

/// Percent-encoding of what a data address must not contain.
fn encoded(svg: &str) -> String {
    let mut out = String::with_capacity(svg.len());
    for byte in svg.bytes() {
        match byte {
            b'%' | b'#' | b'"' | b'&' | b'\n' | 0x80.. => out.push_str(&format!("%{byte:02X}")),
            _ => out.push(char::from(byte)),
        }
    }
    out
}
