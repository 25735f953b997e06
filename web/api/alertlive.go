package api

import "foster/health"

// alertState is what a live stream tells of the alerts of its host. The zero value is that of a host without alerts, of which
// nothing is told.
type alertState struct {
	enabled bool
	latest  int64 // unique id of the newest transition
	counts  health.Counts
}

// alertEvent sends an event when an alert of the host has changed since the last one, and at the beginning when it has any.
func (s *stream) alertEvent() error {
	alerts := s.api.opt.Alerts
	guid := s.host.GUID
	now := alertState{alerts.Enabled(guid), alerts.LatestUniqueID(guid), alerts.Counts(guid)}
	if now == s.alerts {
		return nil
	}
	s.alerts = now
	s.begin("alerts")
	s.e.open('{')
	s.e.keyBool("enabled", now.enabled)
	s.e.keyInt("latest_alarm_log_unique_id", now.latest)
	s.e.statusCounts(now.counts)
	s.e.close('}')
	return s.end()
}
