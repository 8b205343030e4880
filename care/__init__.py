"""The caregivers' side: care platform server, store and live page. Knows robots only by HTTP."""
