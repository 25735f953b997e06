package api

import (
	"sync"
	"time"
)

const (
	// firstScrape is the window of the first scrape of a server: the interval at which agents export by default.
	firstScrape = 10 * time.Second
	// maxScrapers bounds what is remembered: the names of servers come from requests.
	maxScrapers = 10_000
)

// scrapeKey is a server that scrapes, and what: a host's GUID, "" for all hosts.
type scrapeKey struct{ server, host string }

// scrapes remembers when each server has scraped last, so that a sample is reported once to each.
type scrapes struct {
	mu   sync.Mutex // guards last
	last map[scrapeKey]time.Time
}

// next notes a scrape, and returns when the one before was.
func (s *scrapes) next(k scrapeKey, now time.Time) (previous time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	previous, known := s.last[k]
	if !known {
		previous = now.Add(-firstScrape)
		if len(s.last) >= maxScrapers {
			s.forgetLocked()
		}
	}
	if s.last == nil {
		s.last = map[scrapeKey]time.Time{}
	}
	s.last[k] = now
	return previous
}

// forgetLocked forgets the server that has not come for longest.
func (s *scrapes) forgetLocked() {
	var oldest scrapeKey
	var at time.Time
	for k, t := range s.last {
		if at.IsZero() || t.Before(at) {
			oldest, at = k, t
		}
	}
	delete(s.last, oldest)
}
