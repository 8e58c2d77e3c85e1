# TEMPORARY: replaced by the owner of this room
from django.http import HttpResponse
def rules(request, **k): return HttpResponse('')
def assign(request, **k): return HttpResponse('')
def end_assignment(request, **k): return HttpResponse('')
