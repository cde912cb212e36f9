//! Chromium without a window, driven by its DevTools protocol over two pipes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::process::{ChildProcess, wait_for};

/// The longest that the browser may take for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A browser with one page. It is killed when the test ends.
pub(crate) struct Browser {
    _child: ChildProcess,
    _profile: tempfile::TempDir,
    to: ChildStdin,
    messages: Receiver<Value>,
    last_id: u64,
    /// The session of the page.
    session: Option<String>,
    /// Exceptions of scripts, dialogs, and what the content security policy has refused.
    pub(crate) faults: Vec<String>,
}

impl Browser {
    /// Starts the browser that tests/run has found; `None` without one.
    pub(crate) fn start() -> Option<Self> {
        let Ok(chromium) = std::env::var("VASTE_TEST_CHROMIUM") else {
            println!("left out: no browser in VASTE_TEST_CHROMIUM; tests/run finds one");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        // The browser reads from descriptor 3 and writes to 4. Messages end with a zero byte.
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                "exec 3<&0 4>&1; exec \"$0\" \"$@\" </dev/null >/dev/null 2>&1",
                &chromium,
            ])
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-sync",
            ])
            .args(["--remote-debugging-pipe", "--hide-scrollbars", "--disable-component-update"])
            .args(["--disable-background-networking", "--disable-dev-shm-usage"])
            .arg(format!("--user-data-dir={}", profile.path().join("profile").display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = ChildProcess::start(&mut command);
        let to = child.0.stdin.take().unwrap();
        let mut from = BufReader::new(child.0.stdout.take().unwrap());
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            while from.read_until(0, &mut bytes).is_ok_and(|count| count > 0) {
                bytes.pop();
                let Ok(message) = serde_json::from_slice(&bytes) else { return };
                if sender.send(message).is_err() {
                    return;
                }
                bytes.clear();
            }
        });
        let mut browser = Self {
            _child: child,
            _profile: profile,
            to,
            messages,
            last_id: 0,
            session: None,
            faults: Vec::new(),
        };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let target = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", &target);
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        Some(browser)
    }

    /// Calls a method of the protocol and waits for its result.
    pub(crate) fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer = self.messages.recv_timeout(ANSWER_TIMEOUT);
            let answer = answer.unwrap_or_else(|error| unreachable!("{method}: {error}"));
            if answer["id"] == self.last_id {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
            self.note_fault(&answer);
        }
    }

    fn note_fault(&mut self, event: &Value) {
        let parameters = &event["params"];
        match event["method"].as_str() {
            Some("Runtime.exceptionThrown" | "Page.javascriptDialogOpening") => {
                self.faults.push(parameters.to_string());
            }
            Some("Log.entryAdded") if parameters["entry"]["source"] == "security" => {
                self.faults.push(parameters.to_string());
            }
            _ => {}
        }
    }

    /// Sets the size of the page in pixels.
    pub(crate) fn resize(&mut self, [width, height]: [u32; 2]) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500,
        });
        self.call("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Sets the scheme of colours, `light` or `dark`, and the medium, `screen` or `print`.
    pub(crate) fn set_media(&mut self, scheme: &str, medium: &str) {
        let scheme = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let media = json!({ "media": medium, "features": scheme });
        self.call("Emulation.setEmulatedMedia", &media);
    }

    /// Opens an address and waits until it is loaded.
    pub(crate) fn open(&mut self, url: &str) {
        let opened = self.call("Page.navigate", &json!({ "url": url }));
        assert!(opened.get("errorText").is_none(), "{url}: {opened}");
        let is_loaded = format!("document.readyState === 'complete' && location.href === {url:?}");
        wait_for("the page to load", || self.evaluate(&is_loaded).as_bool().filter(|is| *is));
    }

    /// The value of an expression in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let parameters =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let result = self.call("Runtime.evaluate", &parameters);
        assert!(result.get("exceptionDetails").is_none(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// The same as text.
    pub(crate) fn text(&mut self, expression: &str) -> String {
        self.evaluate(expression).as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an expression is true.
    pub(crate) fn wait_until(&mut self, what: &str, expression: &str) {
        wait_for(what, || self.evaluate(expression).as_bool().filter(|is| *is));
    }

    /// Presses a key, by its name, its code and the text that it types.
    pub(crate) fn press(&mut self, key: &str, code: u8, text: &str) {
        for kind in ["keyDown", "keyUp"] {
            let event =
                json!({ "type": kind, "key": key, "windowsVirtualKeyCode": code, "text": text });
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// Writes what the page shows to a PNG file.
    pub(crate) fn screenshot(&mut self, path: &Path) {
        let image = self.call("Page.captureScreenshot", &json!({ "format": "png" }));
        let image = STANDARD.decode(image["data"].as_str().unwrap()).unwrap();
        std::fs::write(path, image).unwrap();
    }
}
