//! The least HTTP/1.1 client that keeps its connection, so that its own time stays out of the
//! figures.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// The password of everybody here.
pub const PASSWORD: &str = "correct horse desk staple";
const FORM: &str = "application/x-www-form-urlencoded";

pub struct Http {
    stream: TcpStream,
    pub host: String,
    cookie: String,
    buffer: Vec<u8>,
    chunk: Vec<u8>,
}

impl Http {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a deadline");
        Self {
            stream,
            host: address.to_string(),
            cookie: String::new(),
            buffer: Vec::with_capacity(1 << 20),
            chunk: vec![0; 65_536],
        }
    }

    /// A connection of somebody who is signed in.
    pub fn signed_in(address: SocketAddr) -> Self {
        let mut http = Self::connect(address);
        let (status, head) = http.sign_in_as("anna", PASSWORD);
        assert!(status == 303 && head.contains("location: /\r"), "{head}");
        let set = head
            .lines()
            .filter_map(|l| l.strip_prefix("set-cookie: "))
            .find(|c| c.starts_with("__Host-probity="))
            .expect("a cookie");
        http.cookie = set.split(';').next().expect("a pair").to_owned();
        http
    }

    /// One more connection of the same person, to this desk or another over the same database.
    pub fn again(&self, address: SocketAddr) -> Self {
        Self { cookie: self.cookie.clone(), ..Self::connect(address) }
    }

    /// Tries to sign in; gives status and head.
    pub fn sign_in_as(&mut self, account: &str, password: &str) -> (u16, String) {
        self.sign_in_for("", account, password)
    }

    /// The same, as a proxy passes it on for somebody at an address.
    pub fn sign_in_for(&mut self, address: &str, account: &str, password: &str) -> (u16, String) {
        let body = format!("account={account}&password={}", password.replace(' ', "+"));
        self.post_for(address, "/api/session/start", FORM, body.as_bytes())
    }

    /// Asks for a page and looks for the answer without sleeping, so that waking this side up is no
    /// part of the figure.
    pub fn get(&mut self, path: &str) {
        self.stream.set_nonblocking(true).expect("a socket");
        let (status, head) = self.ask(path, "");
        self.stream.set_nonblocking(false).expect("a socket");
        assert_eq!(status, 200, "{path}: {head}");
    }

    /// Gets something, sleeping until it comes, and gives how long it is.
    pub fn get_length(&mut self, path: &str) -> usize {
        self.get_bytes(path, "").1.len()
    }

    /// Gets something with more headers; gives head and body as they came.
    pub fn get_bytes(&mut self, path: &str, headers: &str) -> (String, Vec<u8>) {
        let (status, head) = self.ask(path, headers);
        assert_eq!(status, 200, "{path}: {head}");
        let body = self.buffer[head.len() + 4..].to_vec();
        (head, body)
    }

    fn ask(&mut self, path: &str, headers: &str) -> (u16, String) {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n{headers}\r\n",
            self.host, self.cookie
        ))
    }

    /// Sends the form that brings pictures; it is refused for its name, after all of them were
    /// developed.
    pub fn upload(&mut self, picture: &[u8]) {
        let mut body =
            b"--b\r\nContent-Disposition: form-data; name=\"way\"\r\n\r\nupload\r\n".to_vec();
        body.extend_from_slice(
            format!(
                "--b\r\nContent-Disposition: form-data; name=\"check_id\"\r\n\r\n{}\r\n",
                casework::new_id()
            )
            .as_bytes(),
        );
        body.extend_from_slice(
            b"--b\r\nContent-Disposition: form-data; name=\"front\"; filename=\"a.jpg\"\r\n\r\n",
        );
        body.extend_from_slice(picture);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let (status, answer) =
            self.post("/api/idv/launch", "multipart/form-data; boundary=b", &body);
        assert!(status == 303 && answer.contains("refused="), "{answer}");
    }

    pub fn decide(&mut self, check: &(domain::CheckId, i64)) {
        let body = format!(
            "check_id={}&decision_id={}&version={}&outcome=accept&reason_accept=other&comment=Nothing+found+that+concerns+this+customer.",
            check.0,
            casework::new_id(),
            check.1
        );
        let (status, head) = self.post("/api/checks/decide", FORM, body.as_bytes());
        assert!(status == 303 && head.contains("done=decided"), "{head}");
    }

    fn post(&mut self, path: &str, kind: &str, body: &[u8]) -> (u16, String) {
        self.post_for("", path, kind, body)
    }

    fn post_for(&mut self, address: &str, path: &str, kind: &str, body: &[u8]) -> (u16, String) {
        let forwarded = if address.is_empty() {
            String::new()
        } else {
            format!("X-Forwarded-For: {address}\r\n")
        };
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nSec-Fetch-Site: same-origin\r\n{forwarded}Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            self.host,
            self.cookie,
            body.len()
        );
        let request = [head.as_bytes(), body].concat();
        self.stream.write_all(&request).expect("sent");
        self.read()
    }

    /// Sends a request and reads the whole answer; gives status and head.
    pub fn send(&mut self, request: &str) -> (u16, String) {
        self.begin(request);
        self.read()
    }

    /// Sends a request; [`Self::look`] finds its answer.
    pub fn begin(&mut self, request: &str) {
        self.stream.write_all(request.as_bytes()).expect("sent");
        self.buffer.clear();
    }

    /// From now on, looking for an answer does not wait for it.
    pub fn never_wait(&self) {
        self.stream.set_nonblocking(true).expect("a socket");
    }

    pub const fn stream(&self) -> &TcpStream {
        &self.stream
    }

    fn read(&mut self) -> (u16, String) {
        self.buffer.clear();
        loop {
            match self.look() {
                Some(answer) => return answer,
                None => std::hint::spin_loop(),
            }
        }
    }

    /// Reads what has come; gives status and head once the answer is whole.
    pub fn look(&mut self) -> Option<(u16, String)> {
        let read = match self.stream.read(&mut self.chunk) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
            read => read.expect("an answer"),
        };
        assert!(read > 0, "the server hung up");
        self.buffer.extend_from_slice(&self.chunk[..read]);
        let end = self.buffer.windows(4).position(|w| w == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        let length: usize = head
            .lines()
            .find_map(|l| l.strip_prefix("content-length: "))
            .and_then(|l| l.trim().parse().ok())
            .unwrap_or(0);
        let is_whole = self.buffer.len() >= end + 4 + length;
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        is_whole.then_some((status, head))
    }
}
