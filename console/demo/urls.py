"""Addresses of the shop."""

from django.urls import path

from console.demo import views

app_name = "durable_demo"
urlpatterns = [
    path("", views.shop, name="shop"),
    path("order/", views.order, name="order"),
    path("orders/<int:order_id>/payment/", views.payment, name="payment"),
    path("orders/<int:order_id>/answer/", views.answer_payment, name="answer"),
    path("restock/", views.restock, name="restock"),
    path("crash/", views.crash, name="crash"),
]
