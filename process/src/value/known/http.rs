//! `net/http`: a request, a response, a server in a line.

use super::{At, Known, Says, count, errors};
use crate::value::Reader;
use std::fmt::Write;

pub(super) const HTTP: Known = &[
    ("Cookie", Says::Some, cookie),
    ("MaxBytesError", Says::Chain, errors::text),
    ("Request", Says::Some, request),
    ("Response", Says::Some, response),
    ("Server", Says::Some, server),
    ("conn", Says::Some, conn),
    ("response", Says::Some, answering),
];

/// `GET /search?q=x HTTP/1.1, host example.com, from 10.0.0.7:40000` as a server got it, `GET https://example.com/x`
/// as a client makes it. An empty method is GET (`net/http/request.go`).
pub(super) fn request(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let mut method = reader.string_at(at, "Method")?;
    if method.is_empty() {
        "GET".clone_into(&mut method);
    }
    let asked = reader.string_at(at, "RequestURI")?;
    let host = reader.string_at(at, "Host")?;
    let from = reader.string_at(at, "RemoteAddr")?;
    if asked.is_empty() {
        let url = if reader.is_nil(at, "URL")? {
            "(no URL)".to_owned()
        } else {
            let url = reader.follow(&reader.field(at, "URL")?)?;
            super::url::url(reader, &url)?
        };
        return Some(format!("{method} {url}"));
    }
    let mut text = format!("{method} {asked} {}", reader.string_at(at, "Proto")?);
    if !host.is_empty() {
        let _ = write!(text, ", host {host}");
    }
    if !from.is_empty() {
        let _ = write!(text, ", from {from}");
    }
    Some(text)
}

/// `200 OK, HTTP/1.1, 512 bytes, for GET https://example.com/`
fn response(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let mut text = reader.string_at(at, "Status")?;
    if text.is_empty() {
        text = reader.signed(at, "StatusCode")?.to_string();
    }
    let proto = reader.string_at(at, "Proto")?;
    if !proto.is_empty() {
        let _ = write!(text, ", {proto}");
    }
    if let len @ 0.. = reader.signed(at, "ContentLength")? {
        let _ = write!(text, ", {}", count(len.unsigned_abs(), "byte"));
    }
    if !reader.is_nil(at, "Request")? {
        let of = reader.follow(&reader.field(at, "Request")?)?;
        let of = reader.inside(|reader| request(reader, &of))?;
        let _ = write!(text, ", for {of}");
    }
    Some(text)
}

/// `:8080, 1 listener, 3 connections`
fn server(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let mut text = reader.string_at(at, "Addr")?;
    if text.is_empty() {
        "(no address)".clone_into(&mut text);
    }
    let listeners = reader.count(&reader.field(at, "listeners")?)?;
    let connections = reader.count(&reader.field(at, "activeConn")?)?;
    let (listeners, connections) = (
        count(listeners, "listener"),
        count(connections, "connection"),
    );
    let _ = write!(text, ", {listeners}, {connections}");
    if reader.unsigned(at, "inShutdown")? != 0 {
        text.push_str(", shutting down");
    }
    Some(text)
}

fn cookie(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let (name, value) = (
        reader.string_at(at, "Name")?,
        reader.string_at(at, "Value")?,
    );
    Some(format!("{name}={value}"))
}

/// The server's side of a connection.
fn conn(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let from = reader.string_at(at, "remoteAddr")?;
    (!from.is_empty()).then(|| format!("from {from}"))
}

/// The `ResponseWriter` of HTTP/1: what was answered so far.
fn answering(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let req = reader.follow(&reader.field(at, "req")?)?;
    let req = reader.inside(|reader| request(reader, &req))?;
    let state = if reader.flag(at, "wroteHeader")? {
        let status = reader.signed(at, "status")?;
        format!(
            "{status}, {} written",
            count(reader.unsigned(at, "written")?, "byte")
        )
    } else {
        "nothing answered yet".to_owned()
    };
    Some(format!("{state}, to {req}"))
}
