package api

// versions writes numbers that change when nodes, contexts or alerts do, so that a client can keep what it has learnt of
// them as long as they stay the same.
func (a *API) versions(rp *reply) {
	nodes, contexts := a.versionHashes()
	rp.keyOpen("versions", '{')
	rp.keyInt("routing_hard_hash", 1)
	rp.keyInt("nodes_hard_hash", nodes)
	rp.keyInt("contexts_hard_hash", contexts)
	rp.keyInt("contexts_soft_hash", 0)
	alerts := int64(a.opt.Alerts.Sequence())
	rp.keyInt("alerts_hard_hash", alerts)
	rp.keyInt("alerts_soft_hash", alerts)
	rp.close('}')
}
