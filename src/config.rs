//! The user's own settings, where there are any: `$XDG_CONFIG_HOME/dumpview/config`, else `~/.config/dumpview/config`.
//!
//! ```text
//! # a comment
//! theme = dark                         what the terminal's background is: dark or light
//! source-path = /build=/home/me/src    as --source-path, which comes first; may stand several times
//! key.quit = Q F10                     keys in place of those that an action has
//! ```
//!
//! Nothing here is ever written. A line that is not understood is named on stderr, and the rest holds.

use crate::input::small;
use dumpview_tui::keys::{ACTIONS, Keymap, named};
use dumpview_tui::theme::Background;
use std::path::PathBuf;
use std::sync::LazyLock;

/// What stands in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Config {
    /// The terminal's background.
    pub background: Option<Background>,
    /// Other keys.
    pub keys: Keymap,
    /// Prefixes of paths and what takes their place, `FROM=TO`.
    pub source_path: Vec<String>,
}

/// The user's.
pub fn config() -> &'static Config {
    static CONFIG: LazyLock<Config> = LazyLock::new(read);
    &CONFIG
}

fn read() -> Config {
    let named = |name| std::env::var_os(name).map(PathBuf::from);
    // A path that is not absolute is to be ignored (XDG Base Directory Specification).
    let base = named("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    let base = base.or_else(|| Some(named("HOME")?.join(".config")));
    let Some(path) = base.map(|base| base.join("dumpview/config")) else {
        return Config::default();
    };
    let Ok(text) = small(&path) else {
        return Config::default();
    };
    let text = String::from_utf8_lossy(&text);
    let (config, wrong) = parse(&text);
    for (line, why) in wrong {
        crate::talk::complain(&format!("{}:{line}: {why}", path.display()));
    }
    config
}

/// The settings, and what was not understood of them: its line and why.
fn parse(text: &str) -> (Config, Vec<(usize, String)>) {
    let mut config = Config::default();
    let mut wrong = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = match line.split_once('=') {
            Some((key, value)) => (key.trim(), value.trim()),
            None => (line, ""),
        };
        match (key, value) {
            ("theme", "dark") => config.background = Some(Background::Dark),
            ("theme", "light") => config.background = Some(Background::Light),
            ("theme", _) => wrong.push((number, format!("theme: no '{value}': dark or light"))),
            ("source-path", rule) if rule.contains('=') => {
                config.source_path.push(rule.to_owned());
            }
            ("source-path", _) => wrong.push((number, "source-path: FROM=TO is needed".to_owned())),
            (key, names) if key.starts_with("key.") => {
                if let Err(why) = take_keys(&mut config.keys, key, names) {
                    wrong.push((number, why));
                }
            }
            _ => {
                let known = "there are theme, source-path and key.ACTION";
                wrong.push((number, format!("{key}: no such setting: {known}")));
            }
        }
    }
    (config, wrong)
}

/// Gives the action of a line `key.ACTION = KEY…` its keys.
fn take_keys(keys: &mut Keymap, setting: &str, names: &str) -> Result<(), String> {
    let name = setting.strip_prefix("key.").unwrap_or(setting);
    let action = ACTIONS.iter().find(|(known, _)| *known == name);
    let (_, action) = action.ok_or_else(|| {
        let known: Vec<&str> = ACTIONS.iter().map(|(name, _)| *name).collect();
        format!("{setting}: no such action: there are {}", known.join(", "))
    })?;
    let typed = names.split_whitespace().map(|name| {
        let key = named(name).filter(|key| !key.is_fixed());
        key.ok_or_else(|| {
            format!("{setting}: '{name}' can be no key for it: like e, Ctrl-E, F5, PgDn")
        })
    });
    let typed: Vec<_> = typed.collect::<Result<_, _>>()?;
    if typed.is_empty() {
        return Err(format!(
            "{setting}: a key is needed: like e, Ctrl-E, F5, PgDn"
        ));
    }
    keys.set(*action, typed);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dumpview_tui::keys::{Action, Key};

    #[test]
    fn what_is_not_understood_is_named_and_the_rest_holds() {
        let text =
            "# mine\n\ntheme = light\nsource-path = /b=/home/me\ncolour = red\ntheme = pink\n";
        let (config, wrong) = parse(text);
        assert_eq!(config.background, Some(Background::Light));
        assert_eq!(config.source_path, ["/b=/home/me"]);
        let lines: Vec<usize> = wrong.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [5, 6]);
    }

    #[test]
    fn keys_are_named_as_the_help_spells_them() {
        let text = "key.quit = Q F10\nkey.export = Ctrl-S\nkey.quti = x\nkey.copy = 3\nkey.copy =\nkey.top = Ctrl-C\n";
        let (config, wrong) = parse(text);
        let mut keys = Keymap::default();
        keys.set(Action::Quit, vec![Key::Char('Q'), Key::F(10)]);
        keys.set(Action::Export, vec![Key::Ctrl('s')]);
        assert_eq!(config.keys, keys);
        let lines: Vec<usize> = wrong.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [3, 4, 5, 6]);
    }
}
