//! A real headless Chromium, driven by WebDriver, as one reader.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine as _;
use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// The two widths that every page is looked at, in CSS pixels.
pub const PHONE: u32 = 390;
/// A desk.
pub const DESK: u32 = 1280;

const CHROMIUM: &str = "/usr/bin/chromium";
const CHROMEDRIVER: &str = "/usr/bin/chromedriver";
const AXE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/browser/node_modules/axe-core/axe.min.js"
);
const SCREENSHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/screenshots");

/// One reader's browser.
pub struct Browser {
    driver: Child,
    _profile: tempfile::TempDir,
    /// The WebDriver session.
    pub client: Client,
    width: u32,
}

/// Whether the browser's packages are there; says `skipped:` when not.
pub fn is_installed() -> bool {
    for program in [CHROMIUM, CHROMEDRIVER] {
        if !Path::new(program).exists() {
            println!("skipped: {program} is missing; `cargo xtask test` installs it");
            return false;
        }
    }
    true
}

impl Browser {
    /// Opens a browser, with or without JavaScript.
    pub async fn open(javascript: bool) -> Result<Self> {
        let profile = tempfile::tempdir()?;
        let (driver, port) = start_driver()?;
        let mut options = json!({
            "binary": CHROMIUM,
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--lang=fr",
                format!("--user-data-dir={}", profile.path().display()),
            ],
            "prefs": { "intl.accept_languages": "fr,en" },
        });
        if !javascript && let Some(prefs) = options.get_mut("prefs") {
            *prefs = json!({
                "intl.accept_languages": "fr,en",
                "profile.managed_default_content_settings.javascript": 2,
            });
        }
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .context("no WebDriver session")?;
        let mut browser = Self {
            driver,
            _profile: profile,
            client,
            width: DESK,
        };
        browser.resize(DESK).await?;
        Ok(browser)
    }

    /// Makes the page `width` CSS pixels wide.
    pub async fn resize(&mut self, width: u32) -> Result<()> {
        self.width = width;
        let height = if width == PHONE { 844 } else { 900 };
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width == PHONE }),
        )
        .await
        .map(drop)
    }

    /// Goes to an address.
    pub async fn goto(&self, url: &str) -> Result<()> {
        self.client.goto(url).await.with_context(|| url.to_owned())
    }

    /// The first element of a CSS selector, waited for.
    pub async fn find(&self, css: &str) -> Result<Element> {
        self.client
            .wait()
            .at_most(Duration::from_secs(15))
            .for_element(Locator::Css(css))
            .await
            .with_context(|| format!("no {css} on the page"))
    }

    /// Clicks the first element of a CSS selector.
    pub async fn click(&self, css: &str) -> Result<()> {
        self.find(css)
            .await?
            .click()
            .await
            .with_context(|| css.to_owned())
    }

    /// Types into the first element of a CSS selector.
    pub async fn fill(&self, css: &str, text: &str) -> Result<()> {
        let field = self.find(css).await?;
        field.clear().await?;
        field.send_keys(text).await.with_context(|| css.to_owned())
    }

    /// Waits until the address contains `part` and returns it.
    pub async fn wait_for_url(&self, part: &str) -> Result<String> {
        let begun = Instant::now();
        loop {
            let url = self.client.current_url().await?.to_string();
            if url.contains(part) {
                return Ok(url);
            }
            if begun.elapsed() > Duration::from_secs(20) {
                bail!(
                    "waited for an address with {part}, still at {url}:\n{}",
                    self.text().await?
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What a person can read on the page.
    pub async fn text(&self) -> Result<String> {
        Ok(self.find("body").await?.text().await?)
    }

    /// Pictures of the whole page at both widths, as `tests/screenshots/NAME-WIDTH.png`; and what makes the page wider than
    /// the screen, so that it must be pushed sideways to be read, as readable lines.
    pub async fn screenshots(&mut self, name: &str) -> Result<Vec<String>> {
        let (before, mut wide) = (self.width, Vec::new());
        for width in [PHONE, DESK] {
            self.resize(width).await?;
            tokio::time::sleep(Duration::from_millis(150)).await;
            let shot = self
                .devtools(
                    "Page.captureScreenshot",
                    json!({ "captureBeyondViewport": true }),
                )
                .await?;
            let data = shot
                .get("data")
                .and_then(Value::as_str)
                .context("no picture")?;
            let picture = base64::engine::general_purpose::STANDARD.decode(data)?;
            std::fs::create_dir_all(SCREENSHOTS)?;
            std::fs::write(
                PathBuf::from(SCREENSHOTS).join(format!("{name}-{width}.png")),
                picture,
            )?;
            wide.extend(self.wider_than_the_screen().await?);
        }
        self.resize(before).await?;
        Ok(wide)
    }

    async fn wider_than_the_screen(&self) -> Result<Option<String>> {
        let found = self
            .client
            .execute(
                "const wide = document.documentElement.scrollWidth, right = e => e.getBoundingClientRect().right;
                 if (wide <= arguments[0]) return null;
                 const beyond = [...document.querySelectorAll('body *')].filter(e => right(e) > arguments[0] + 1);
                 return `${wide} px wide on ${arguments[0]}: ` + beyond.slice(0, 5)
                    .map(e => `${e.tagName.toLowerCase()}.${e.className} to ${Math.round(right(e))}`).join(', ');",
                vec![self.width.into()],
            )
            .await?;
        Ok(found.as_str().map(str::to_owned))
    }

    /// The accessibility violations of the page, WCAG 2.2 A and AA, as readable lines.
    ///
    /// The checker is handed over by WebDriver, which the page's content security policy does not bind.
    pub async fn violations(&self) -> Result<Vec<String>> {
        let Ok(axe) = std::fs::read_to_string(AXE) else {
            println!("skipped: axe-core is missing; `cargo xtask test` installs it");
            return Ok(Vec::new());
        };
        self.client
            .execute(&axe, Vec::new())
            .await
            .context("axe-core")?;
        let found = self
            .client
            .execute_async(
                "const done = arguments[arguments.length - 1];
                 axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
                    .then(r => done(r.violations.map(v => v.id + ': ' + v.help + ' at '
                        + v.nodes.map(n => n.target.join(' ') + ' ' + (n.any[0] ? n.any[0].message : '')).join(' | '))));",
                Vec::new(),
            )
            .await?;
        Ok(serde_json::from_value(found)?)
    }

    /// One command of the browser's own protocol.
    async fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        let answer = self
            .client
            .issue_cmd(DevTools(json!({ "cmd": command, "params": parameters })))
            .await
            .with_context(|| command.to_owned())?;
        Ok(answer)
    }

    /// Ends the session and the driver.
    pub async fn close(self) -> Result<()> {
        self.client.clone().close().await?;
        Ok(())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

/// How often the driver is started when it does not come up.
const STARTS: usize = 5;

/// The driver on a port of its own choosing. It looks for one that is free on IPv4 and gives up when another program
/// has it on IPv6, so it is given more than one try.
fn start_driver() -> Result<(Child, u16)> {
    let mut last = None;
    for _ in 0..STARTS {
        match try_driver() {
            Ok(started) => return Ok(started),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| anyhow!("chromedriver was not started")))
}

fn try_driver() -> Result<(Child, u16)> {
    let mut driver = Command::new(CHROMEDRIVER)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("chromedriver could not be started")?;
    let said = BufReader::new(driver.stdout.take().context("its output is piped")?);
    for line in said.lines().take(20) {
        let line = line?;
        if let Some((_, rest)) = line.split_once("started successfully on port ") {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            return Ok((driver, digits.parse()?));
        }
    }
    drop(driver.kill());
    drop(driver.wait());
    bail!("chromedriver did not say its port")
}

/// `POST /session/{id}/goog/cdp/execute`
#[derive(Debug)]
struct DevTools(Value);

impl fantoccini::wd::WebDriverCompatibleCommand for DevTools {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> std::result::Result<url::Url, url::ParseError> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.0.to_string()))
    }
}
