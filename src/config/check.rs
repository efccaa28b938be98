//! Checks the settings together.

use super::{
    error::ConfigError,
    settings::{Config, MockBuilder, Setting},
};

impl MockBuilder {
    /// Checks the settings without a start, which would return the same errors.
    ///
    /// # Errors
    /// All errors in the settings, in the order of the settings.
    pub fn check(&self) -> Result<(), Vec<ConfigError>> {
        let errors = self.errors();
        let ordered = Setting::ALL.iter().flat_map(|setting| {
            errors.iter().filter(move |error| error.setting() == *setting).cloned()
        });
        if errors.is_empty() { Ok(()) } else { Err(ordered.collect()) }
    }

    fn errors(&self) -> Vec<ConfigError> {
        let misread = self.misread.iter();
        let misread = misread.map(|(setting, problem)| ConfigError::new(*setting, problem));
        // A setting that can't be read must not cause more errors.
        let regions = [Setting::Ports, Setting::Advertise, Setting::FirstRegion];
        let read = !self.misread.iter().any(|(setting, _)| regions.contains(setting));
        let together = read.then(|| check_regions(&self.config)).flatten();
        misread.chain(check_api_secret(&self.config)).chain(together).collect()
    }
}

fn check_api_secret(config: &Config) -> Option<ConfigError> {
    config.api_secret.is_empty().then(|| {
        ConfigError::new(
            Setting::ApiSecret,
            "it must not be empty; to leave tokens unchecked, set ",
        )
        .and(Setting::Auth, " to off")
    })
}

/// If the regions are on several hosts, all of their URLs must be given.
fn check_regions(config: &Config) -> Option<ConfigError> {
    let Config { advertise, advertise_host, first_region, ports, .. } = config;
    if advertise.is_empty() {
        return (*first_region != 0).then(|| {
            let problem = format!("region {first_region} is not the first, so ");
            ConfigError::new(Setting::FirstRegion, problem)
                .and(Setting::Advertise, " must name every region's URL")
        });
    }
    if *advertise_host != Config::default().advertise_host {
        let error = ConfigError::new(Setting::Advertise, "it names whole URLs, so ");
        let more = " has no effect; give only one of the two";
        return Some(error.and(Setting::AdvertiseHost, more));
    }
    let (named, needed) = (advertise.len(), first_region.saturating_add(ports.len()));
    let ports = ports.len();
    (needed > named).then(|| match first_region {
        0 => ConfigError::new(
            Setting::Advertise,
            format!("with {ports} ports, it must name {needed} URLs, not {named}"),
        ),
        _ => ConfigError::new(
            Setting::FirstRegion,
            format!("with {ports} ports from region {first_region} on, "),
        )
        .and(Setting::Advertise, format!(" must name {needed} URLs, not {named}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(builder: &MockBuilder) -> String {
        match builder.check() {
            Ok(()) => "none".to_owned(),
            Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        }
    }

    fn urls(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("http://h{n}:1")).collect()
    }

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(problems(&MockBuilder::default()), "none");
        assert_eq!(problems(&MockBuilder::with_program_defaults()), "none");
    }

    #[test]
    fn returns_all_errors_in_the_order_of_the_settings() {
        let builder = MockBuilder::default()
            .set(Setting::Auth, "x")
            .api_secret("")
            .bind("1.2.3")
            .ports([1, 1]);
        let problems = problems(&builder);
        let names: Vec<&str> = problems
            .lines()
            .map(|line| line.split_inclusive(' ').next().expect("a word"))
            .collect();
        assert_eq!(names, ["ports: ", "bind: ", "api_secret: ", "auth: "], "{problems}");
    }

    #[test]
    fn the_last_value_of_a_setting_counts() {
        assert_eq!(problems(&MockBuilder::default().bind("a b").bind("::1")), "none");
        assert!(problems(&MockBuilder::default().bind("::1").bind("a b")).starts_with("bind: "));
    }

    #[test]
    fn all_regions_of_several_hosts_must_be_named() {
        let builder = MockBuilder::default().regions(4);
        for (first, count, problem) in [
            (0, 0, "none"),
            (0, 4, "none"),
            (2, 6, "none"),
            (
                1,
                0,
                "first_region: region 1 is not the first, so advertise must name every region's URL",
            ),
            (0, 3, "advertise: with 4 ports, it must name 4 URLs, not 3"),
            (
                3,
                6,
                "first_region: with 4 ports from region 3 on, advertise must name 7 URLs, not 6",
            ),
        ] {
            let builder = builder.clone().first_region(first).advertise(urls(count));
            assert_eq!(problems(&builder), problem, "{first}, {count}");
        }
        let both = builder.advertise(urls(4)).advertise_host("http://x");
        assert!(
            problems(&both).starts_with("advertise: it names whole URLs, so advertise_host has")
        );
    }

    #[test]
    fn a_setting_that_can_t_be_read_causes_one_error() {
        let builder = MockBuilder::default().set(Setting::Ports, "x").first_region(1);
        assert_eq!(problems(&builder).lines().count(), 1);
    }
}
