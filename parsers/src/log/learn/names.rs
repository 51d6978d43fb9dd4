//! Names of fields that tell who wrote a line, and when.

/// Names of fields that tell the writer, without what stands between their words.
const WRITERS: [&str; 24] = [
    "pid",
    "pod",
    "podname",
    "container",
    "containername",
    "containerid",
    "service",
    "servicename",
    "app",
    "appname",
    "application",
    "hostname",
    "host",
    "instance",
    "syslogidentifier",
    "unit",
    "systemdunit",
    "logstream",
    "logstreamname",
    "task",
    "taskname",
    "namespacename",
    "namespace",
    "source",
];

/// Names of fields that tell the time.
const TIMES: [&str; 11] = [
    "time",
    "timestamp",
    "ts",
    "t",
    "realtimetimestamp",
    "sourcerealtimetimestamp",
    "date",
    "datetime",
    "eventtime",
    "asctime",
    "when",
];

/// What the name of a field says of its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tells {
    /// Who wrote the line, if it is a text.
    Writer,
    /// The same, be it a text or a number.
    Process,
    /// When.
    Time,
    /// Neither.
    Nothing,
}

/// What this name tells, without what stands between its words.
pub(super) fn tells(key: &str) -> Tells {
    let name: String = key
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    match name.as_str() {
        "pid" => Tells::Process,
        name if TIMES.contains(&name) => Tells::Time,
        name if WRITERS.contains(&name) => Tells::Writer,
        _ => Tells::Nothing,
    }
}

/// Adds a part of a writer's name.
pub(super) fn join(writer: &mut Vec<u8>, part: &[u8]) {
    if !writer.is_empty() {
        writer.push(b' ');
    }
    writer.extend_from_slice(part.get(..part.len().min(128)).unwrap_or_default());
}
