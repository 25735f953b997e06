package swarm

import "math"

// load is how busy a demo host is over time: a slow wave, noise, and spikes.
type load struct {
	seed        uint64
	base, swing float64 // of the wave
	period      int64   // of the wave, in seconds
	noise       float64
	spikeEvery  int64 // seconds
	spikeLength int64 // seconds
	spike       float64
}

// at returns how busy the host is at t, from 0 to 1.
func (l *load) at(t int64) float64 {
	v := l.base + l.swing*math.Sin(2*math.Pi*float64(t%l.period)/float64(l.period))
	v += l.noise * (smooth(l.seed, t, 15) + smooth(l.seed+1, t, 3) - 1)
	// Each spike begins at a random moment of its interval, rises in 3 seconds and fades in its last fifth.
	interval := t / l.spikeEvery
	start := interval*l.spikeEvery + int64(hash(l.seed, uint64(interval), 1)%uint64(l.spikeEvery-l.spikeLength))
	if into := t - start; into >= 0 && into < l.spikeLength {
		height := l.spike * (0.6 + 0.4*unit(hash(l.seed, uint64(interval), 2)))
		v += height * min(1, float64(into+1)/3, 5*float64(l.spikeLength-into)/float64(l.spikeLength))
	}
	return min(max(v, 0.005), 0.99)
}

// over returns how busy the host was on average in the last seconds.
func (l *load) over(t, seconds int64) float64 {
	const points = 12
	sum := 0.0
	for i := range int64(points) {
		sum += l.at(t - i*seconds/points)
	}
	return sum / points
}

// vary returns a factor around 1 for the thing of that number: it changes by up to amount, within about the given
// seconds.
func (l *load) vary(thing int, t, seconds int64, amount float64) float64 {
	return 1 + amount*(2*smooth(hash(l.seed, uint64(thing), 3), t, seconds)-1)
}

// smooth returns noise between 0 and 1 that takes about the given seconds from one random value to the next.
func smooth(seed uint64, t, seconds int64) float64 {
	n := uint64(t / seconds)
	x := float64(t%seconds) / float64(seconds)
	x = x * x * (3 - 2*x)
	return unit(hash(seed, n, 0))*(1-x) + unit(hash(seed, n+1, 0))*x
}
