//! What TLS costs, beside a bare hyper server on rustls.

use crate::{
    carrier::Carrier,
    failure::Failure,
    figures::{Bench, CONNECTIONS, hold_open_over},
    load,
    process::Server,
    report::{Budget, Figure, lower_quartile},
    requests,
};

impl Bench {
    /// The processor time of a request on a connection that is kept.
    pub(crate) fn over_tls(&self, name: &'static str) -> Result<Figure, Failure> {
        let request = requests::create_room();
        let count = if self.quick { 2_000 } else { 5_000 };
        self.beside_the_floor(name, 1.4, count, &|carrier, server, count| {
            let (addresses, all) = (&server.addresses[..1], [request.clone()]);
            load::run_over(carrier, addresses, CONNECTIONS, &all, count, 200).map(drop)
        })
    }

    /// The processor time of a connection with one request: the handshake is nearly all of it.
    pub(crate) fn handshake(&self, name: &'static str) -> Result<Figure, Failure> {
        let request = requests::create_room();
        let count = if self.quick { 100 } else { 500 };
        self.beside_the_floor(name, 1.2, count, &|carrier, server, count| {
            load::connect_each(carrier, server.addresses[0], &request, count)
        })
    }

    /// Measures the mock and the floor alternately, so that both see the same state of the machine.
    fn beside_the_floor(
        &self,
        name: &'static str,
        most: f64,
        count: u64,
        load: &dyn Fn(&Carrier, &Server, u64) -> Result<(), Failure>,
    ) -> Result<Figure, Failure> {
        let (mock, floor) = self.both()?;
        let carrier = Carrier::tls();
        let one = |server: &Server| -> Result<f64, Failure> {
            let before = server.cpu()?;
            load(&carrier, server, count)?;
            Ok((server.cpu()? - before) as f64 / 1000.0 / count as f64)
        };
        let (mut mocks, mut floors) = (Vec::new(), Vec::new());
        one(&mock)?;
        one(&floor)?;
        for _ in 0..if self.quick { 5 } else { 41 } {
            mocks.push(one(&mock)?);
            floors.push(one(&floor)?);
        }
        let (mock, floor) = (lower_quartile(mocks), lower_quartile(floors));
        Ok(Figure {
            floor: Some(floor),
            ratio: Some(mock / floor),
            budget: Some(Budget::Ratio(most)),
            ..Self::figure(name, "us", mock)
        })
    }

    /// The memory of a connection that has made its handshake and says nothing.
    pub(crate) fn idle_tls(&self, name: &'static str) -> Result<Figure, Failure> {
        let (mock, floor) = self.both()?;
        let count = self.possible(if self.quick { 500 } else { 2_000 });
        let carrier = Carrier::tls();
        let one = |server: &Server| -> Result<f64, Failure> {
            // Some memory is allocated only once.
            hold_open_over(&carrier, server, b"", 50)?;
            let (before, after) = hold_open_over(&carrier, server, b"", count)?;
            Ok(after.saturating_sub(before) as f64 / 1024.0 / count as f64)
        };
        let (mock, floor) = (one(&mock)?, one(&floor)?);
        Ok(Figure {
            floor: Some(floor),
            ratio: Some(mock / floor),
            budget: Some(Budget::Ratio(1.2)),
            note: format!("{count} at once"),
            ..Self::figure(name, "KiB", mock)
        })
    }

    fn both(&self) -> Result<(Server, Server), Failure> {
        let mock = self.programs.start_mock(4)?;
        let answer = load::once(mock.addresses[0], &requests::create_room())?;
        let floor = self.programs.start_floor_of_tls(&answer)?;
        Ok((mock, floor))
    }
}
