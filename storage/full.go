package storage

import "foster/storage/tier"

// ErrFull says that nothing is stored because the disk is full or cannot be written. Points that come meanwhile must be
// given again, in order of time.
var ErrFull = tier.ErrFull

// Full says whether the store refuses points with ErrFull now.
func (s *Store) Full() bool { return s.raw.Full() }
