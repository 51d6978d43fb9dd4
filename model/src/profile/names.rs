//! Names and paths of functions, as `go tool pprof` shortens and compares them.

/// A path without `.`, `..` and doubled slashes (path/filepath.Clean).
pub fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&"..") | None if !rooted => parts.push(".."),
                _ => {
                    parts.pop();
                }
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// The last part of a path (path/filepath.Base).
pub fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return "/";
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

/// The path of a source file as it is shown and looked for: without what was asked to be trimmed, or without all up to a
/// folder that has the name of one of `search` (internal/report/source.go:trimPath).
pub fn trimmed<'p>(path: &'p str, trim: &str, search: &str) -> &'p str {
    if trim.is_empty() {
        for folder in search.split(':').filter(|_| !search.is_empty()) {
            let want = format!("/{}/", base(folder));
            if let Some(found) = path.find(&want) {
                return path.get(found + want.len()..).unwrap_or(path);
            }
        }
    }
    let own = trim.split(':').filter(|_| !trim.is_empty());
    for prefix in own.chain(["/proc/self/cwd/./", "/proc/self/cwd/"]) {
        let rest = path.strip_prefix(prefix);
        let rest = rest.and_then(|rest| {
            if prefix.ends_with('/') {
                Some(rest)
            } else {
                rest.strip_prefix('/')
            }
        });
        if let Some(rest) = rest {
            return rest;
        }
    }
    path
}

/// A function without its arguments, as patterns of frames to drop are held against it (profile/prune.go:simplifyFunc).
pub fn simplified(function: &str) -> &str {
    let function = function.strip_prefix('.').unwrap_or(function);
    const RESERVED: [&str; 2] = ["(anonymous namespace)", "operator()"];
    let mut at = 0;
    while let Some(rest) = function.get(at..) {
        let reserved = RESERVED
            .iter()
            .filter_map(|name| Some((rest.find(name)?, name.len())))
            .min();
        let Some(bracket) = rest.find('(') else {
            break;
        };
        match reserved {
            Some((start, len)) if start <= bracket => at += start + len,
            _ => return function.get(..at + bracket).unwrap_or(function),
        }
    }
    function
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_does() {
        for (path, cleaned) in [
            ("/a//b/./c/../d", "/a/b/d"),
            ("a/../../b", "../b"),
            ("/..", "/"),
            ("./", "."),
            ("x.go", "x.go"),
        ] {
            assert_eq!(clean(path), cleaned, "{path}");
        }
        assert_eq!(base("/a/b/"), "b");
        assert_eq!(base("/"), "/");
    }

    #[test]
    fn prefixes_are_trimmed_at_their_ends_only() {
        assert_eq!(trimmed("/a/b/c.go", "/a", ""), "b/c.go");
        assert_eq!(trimmed("/ab/c.go", "/a", ""), "/ab/c.go");
        assert_eq!(trimmed("/x/proj/d/c.go", "", "/home/me/proj"), "d/c.go");
        assert_eq!(trimmed("/proc/self/cwd/c.go", "", ""), "c.go");
    }

    #[test]
    fn arguments_are_cut_off() {
        assert_eq!(simplified("f(int)"), "f");
        assert_eq!(simplified(".main.(*T).f"), "main.");
        assert_eq!(
            simplified("(anonymous namespace)::f(int)"),
            "(anonymous namespace)::f"
        );
        assert_eq!(simplified("A::operator()(int)"), "A::operator()");
        assert_eq!(simplified("plain"), "plain");
    }
}
