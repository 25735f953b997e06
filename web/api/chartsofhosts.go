package api

import "foster/storage/catalog"

// chartsOfHosts answers /api/foster/v1/charts: what charts of several hosts are, in the order in which they are asked for, as
// /api/foster/v1/data gives their rows; and under hosts the state of each host.
func (a *API) chartsOfHosts(rp *reply, rq *request) {
	b, err := a.parseBatch(rq)
	if err != nil {
		a.failQuery(rp, rq, "decode", err)
		return
	}
	for i := range b.items {
		if h := b.items[i].host; h != nil {
			if err := a.retention(rq.Context(), h); err != nil {
				a.failQuery(rp, rq, "load retention", err)
				return
			}
		}
	}
	rp.open('{')
	rp.keyNumber("now", unix(rq.now))
	rp.keyOpen("hosts", '[')
	told := map[*catalog.Host]bool{}
	for i := range b.items {
		if h := b.items[i].host; h != nil && !told[h] {
			told[h] = true
			a.host(&rp.encoder, h, a.catalog.Ambiguous(h), rq.now)
		}
	}
	rp.close(']')
	rp.keyOpen("charts", '[')
	for i := range b.items {
		rp.chartOfHost(&b.items[i])
	}
	rp.close(']')
	rp.close('}')
}

// chartOfHost writes a chart that was asked for, or why there is nothing of it.
func (rp *reply) chartOfHost(item *batchItem) {
	rp.open('{')
	defer rp.close('}')
	ch := rp.batchItem(item)
	if item.host != nil {
		rp.keyString("guid", item.host.GUID)
	}
	if ch != nil {
		rp.key("definition")
		rp.chart(ch, nil)
	}
}
